using Loomflow.Aspire.AgentWorker.Models;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AgentWorker.Tests;

public class ModelTests
{
    [Theory]
    [InlineData("offline")]
    [InlineData("offline", "OpenAI:ApiKey", "", "Anthropic:ApiKey", "")]
    [InlineData("gpt-4.1-mini", "OpenAI:ApiKey", "sk-test", "Anthropic:ApiKey", "")]
    [InlineData("claude-opus-4-7", "OpenAI:ApiKey", "sk-test", "Anthropic:ApiKey", "sk-ant-test")]
    [InlineData("gpt-4.1", "OpenAI:ApiKey", "sk-test", "Default", "gpt-4.1")]
    public void The_model_follows_from_the_keys_that_there_are(string expected, params string[] settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(settings.Chunk(2).Select(pair => new KeyValuePair<string, string?>($"Models:{pair[0]}", pair[1])));
        builder.AddModels();

        using var host = builder.Build();
        host.Services.GetRequiredService<IChatClient>().GetService<ChatClientMetadata>()!.DefaultModelId.ShouldBe(expected);
    }

    [Fact]
    public void A_model_without_its_key_is_refused_with_the_way_out()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection([new("Models:Default", "gpt-4.1")]);
        Should.Throw<ArgumentException>(() => builder.AddModels()).Message.ShouldContain("AddOpenAI");
    }
}
