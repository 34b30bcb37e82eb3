namespace Loomflow.Tests.ModelClients;

public class ModelCatalogTests
{
    [Fact]
    public void Create_UnknownName_ListsWhatIsKnown() =>
        Should.Throw<ArgumentException>(() => new ModelCatalog().Create("openai:gpt-4o")).Message.ShouldContain("'echo', 'offline'");

    [Theory]
    [InlineData("claude-opus-4-7", "AddAnthropic")]
    [InlineData("gpt-4.1-mini", "AddOpenAI")]
    [InlineData("o3-mini", "AddOpenAI")]
    public void Create_WellKnownNameWithoutItsProvider_SaysHowToAddIt(string model, string how) =>
        Should.Throw<ArgumentException>(() => new Agent("x", model)).Message.ShouldContain($"ModelCatalog.Default.{how}(apiKey)");

    [Fact]
    public void Create_LongestPrefixWins()
    {
        var catalog = new ModelCatalog().Add("my-", name => Models.Echo()).Add("my-own-", _ => throw new InvalidOperationException("my-own"));
        catalog.Create("my-model").ShouldNotBeNull();
        Should.Throw<InvalidOperationException>(() => catalog.Create("my-own-model"));
        Should.Throw<ArgumentException>(() => catalog.Create("echolocation"));
    }

    [Fact]
    public async Task Agent_TakesAModelByName() =>
        (await new Agent("x", "echo").RunAsync("hi", cancellationToken: TestContext.Current.CancellationToken)).Output.ShouldBe("Echo: hi");

    [Fact]
    public async Task Script_CalledTooOften_SaysSo() =>
        (await Should.ThrowAsync<InvalidOperationException>(() => new Agent("x", Models.Scripted()).RunAsync("hi", cancellationToken: TestContext.Current.CancellationToken)))
            .Message.ShouldContain("called 1 times");
}
