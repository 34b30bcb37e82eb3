namespace Aspire.Hosting.Tests;

public sealed class ParameterTests
{
    [Fact]
    public async Task Parameter_ThatConfigurationSets_HasThatValue()
    {
        var builder = TestApp.CreateBuilder("--Parameters:api-key", "from-configuration");
        var parameter = builder.AddParameter("api-key", new GenerateParameterDefault(), secret: true);

        (await parameter.Resource.GetValueAsync(TestApp.Timeout())).ShouldBe("from-configuration");
    }

    [Fact]
    public async Task Parameter_ThatNothingSets_NamesTheKey()
    {
        var parameter = TestApp.CreateBuilder().AddParameter("api-key", secret: true);

        var error = await Should.ThrowAsync<MissingParameterValueException>(async () => await parameter.Resource.GetValueAsync(TestApp.Timeout()));

        error.Message.ShouldContain("'Parameters:api-key'");
    }

    [Fact]
    public void GeneratedValue_HasTheLengthAndTheCharactersAskedFor()
    {
        var value = new GenerateParameterDefault { MinLength = 48, Special = false, Lower = false, MinNumeric = 5 }.GetDefaultValue();

        value.Length.ShouldBe(48);
        value.ShouldAllBe(character => char.IsAsciiDigit(character) || char.IsAsciiLetterUpper(character));
        value.Count(char.IsAsciiDigit).ShouldBeGreaterThanOrEqualTo(5);
    }

    [Fact]
    public async Task PersistedValue_ThatManyHostsGenerateAtOnce_IsTheSameForAll()
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("secrets").FullName, "id", "secrets.json");

        var values = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(
            () => new UserSecretsFile(path).GetOrSet("Parameters:key", () => Guid.NewGuid().ToString()))));

        values.Distinct().Count().ShouldBe(1);
        new UserSecretsFile(path).GetOrSet("Parameters:other", () => "second").ShouldBe("second");
        new UserSecretsFile(path).GetOrSet("Parameters:key", () => "never").ShouldBe(values[0]);
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
