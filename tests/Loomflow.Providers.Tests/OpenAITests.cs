using System.Text.Json;
using Loomflow.Testing;
using static Loomflow.Providers.Tests.ProviderServer;

namespace Loomflow.Providers.Tests;

public class OpenAITests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private const string Answer = """
        {"id":"c1","object":"chat.completion","created":1,"model":"gpt-4.1-mini-2025","choices":[{"index":0,"message":{"role":"assistant","content":"It is paid."},"finish_reason":"stop"}],
         "usage":{"prompt_tokens":20,"completion_tokens":5,"total_tokens":25,"prompt_tokens_details":{"cached_tokens":8},"completion_tokens_details":{"reasoning_tokens":2}}}
        """;

    private const string ToolCall = """
        {"id":"c0","object":"chat.completion","created":1,"model":"gpt-4.1-mini-2025","choices":[{"index":0,"message":{"role":"assistant","content":null,
          "tool_calls":[{"id":"call_a","type":"function","function":{"name":"lookup","arguments":"{\"invoice\":\"INV-1\",\"days\":\"8\"}"}}]},"finish_reason":"tool_calls"}],
         "usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}}
        """;

    private static Agent AgentOn(ProviderServer server, AgentOptions? options = null) =>
        new("Help.", ProviderModels.OpenAI("gpt-4.1-mini", new ProviderOptions { ApiKey = "sk-test", Endpoint = new Uri(server.Address, "/v1") }), options);

    [Fact]
    public async Task Agent_ToolCallAndAnswer_SpeakTheWireFormat()
    {
        await using var server = await StartAsync(Json(ToolCall), Json(Answer));
        var agent = AgentOn(server, new AgentOptions
        {
            Sampling = new() { Temperature = 0.2f, MaxOutputTokens = 300 },
            Tools = [Tool.Of((string invoice, int days) => $"{invoice} paid {days} days ago", "lookup", "Looks up an invoice.")],
        });

        var result = await agent.RunAsync("Is INV-1 paid?", cancellationToken: Stop);

        result.Output.ShouldBe("It is paid.");
        result.Usage.ShouldBe(new Usage(30, 9, 8, 2, ModelCalls: 2, ToolCalls: 1, Cost: result.Usage.Cost));
        result.Usage.Cost.ShouldBe((22 * 0.40m + 8 * 0.10m + 9 * 1.60m) / 1_000_000);
        var (first, second) = (server.Requests.First(), server.Requests.Last());
        first.Path.ShouldBe("/v1/chat/completions");
        first.Headers["authorization"].ShouldBe("Bearer sk-test");
        first.Body.GetProperty("model").GetString().ShouldBe("gpt-4.1-mini");
        first.Body.GetProperty("temperature").GetDouble().ShouldBe(0.2, 0.001);
        first.Body.GetProperty("messages")[0].GetProperty("role").GetString().ShouldBe("system");
        first.Body.GetProperty("tools")[0].GetProperty("function").GetProperty("parameters").GetProperty("required").EnumerateArray().Select(one => one.GetString()).ShouldBe(["invoice", "days"]);
        var messages = second.Body.GetProperty("messages");
        messages[2].GetProperty("tool_calls")[0].GetProperty("id").GetString().ShouldBe("call_a");
        messages[3].GetProperty("role").GetString().ShouldBe("tool");
        messages[3].GetProperty("tool_call_id").GetString().ShouldBe("call_a");
        messages[3].GetProperty("content").ToString().ShouldContain("INV-1 paid 8 days ago");
    }

    [Fact]
    public async Task Stream_TextAndToolCallInPieces_ArePutTogether()
    {
        await using var server = await StartAsync(
            Events(
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"role":"assistant","content":"Let me "}}]}""",
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"content":"look."}}]}""",
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function","function":{"name":"lookup","arguments":"{\"inv"}}]}}]}""",
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"oice\":\"INV-1\"}"}}]}}]}""",
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}""",
                """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[],"usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14}}""",
                "data: [DONE]"),
            Events(
                """data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{"role":"assistant","content":"Paid."}}]}""",
                """data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4.1-mini","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""",
                "data: [DONE]"));
        var agent = AgentOn(server, new AgentOptions { Tools = [Tool.Of((string invoice) => $"{invoice}: paid", "lookup")] });

        var updates = new List<RunUpdate>();
        await foreach (var update in agent.StreamAsync("Is INV-1 paid?", cancellationToken: Stop)) updates.Add(update);

        string.Concat(updates.Select(update => update.Delta?.Text)).ShouldBe("Let me look.Paid.");
        updates.Select(update => update.Event).OfType<ToolReturned>().Single().Result.ToString().ShouldBe("INV-1: paid");
        updates.Select(update => update.Event).OfType<TurnCompleted>().First().Usage.InputTokens.ShouldBe(10);
        server.Requests.First().Body.GetProperty("stream_options").GetProperty("include_usage").GetBoolean().ShouldBeTrue();
        server.Requests.Last().Body.GetProperty("messages")[3].GetProperty("content").ToString().ShouldContain("INV-1: paid");
    }

    [Fact]
    public async Task RateLimited_WaitsAsLongAsTheServiceAsks()
    {
        var clock = new ManualTimeProvider();
        await using var server = await StartAsync(
            new Reply(429, """{"error":{"message":"slow down","type":"requests","code":"rate_limit_exceeded"}}""", Headers: ("Retry-After", "120")),
            Json(Answer));
        var agent = AgentOn(server);

        var run = agent.RunAsync("hello", new RunOptions { Time = clock }, Stop);

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        while (server.Requests.Count < 1 || clock.PendingTimers < 1) await Task.Delay(5, limit.Token);
        clock.Advance(TimeSpan.FromSeconds(100));
        run.IsCompleted.ShouldBeFalse();
        server.Requests.Count.ShouldBe(1);
        while (!run.IsCompleted)
        {
            clock.Advance(TimeSpan.FromSeconds(21));
            await Task.Delay(5, limit.Token);
        }

        (await run).Output.ShouldBe("It is paid.");
        server.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(401, "invalid_api_key", ModelErrorKind.Authentication)]
    [InlineData(400, "context_length_exceeded", ModelErrorKind.InvalidRequest)]
    [InlineData(400, "content_filter", ModelErrorKind.ContentFiltered)]
    [InlineData(404, "model_not_found", ModelErrorKind.Unavailable)]
    [InlineData(429, "insufficient_quota", ModelErrorKind.Unavailable)]
    public async Task LastingErrors_AreNotTriedAgainAndNameTheReason(int status, string code, ModelErrorKind expected)
    {
        await using var server = await StartAsync(new Reply(status, $$$"""{"error":{"message":"because of {{{code}}}","code":"{{{code}}}"}}"""), Json(Answer));

        var failure = await Should.ThrowAsync<ModelException>(() => AgentOn(server).RunAsync("hello", cancellationToken: Stop));

        failure.Error.ShouldBe(expected);
        failure.Status.ShouldBe(status);
        failure.Message.ShouldContain($"because of {code}");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ServerError_IsTriedAgain_AndFallsBackWhenItLasts()
    {
        var overload = new Reply(503, "<html>busy</html>", "text/html");
        await using var server = await StartAsync(overload, overload);
        var agent = AgentOn(server, new AgentOptions { Retry = new RetryPolicy { MaxAttempts = 2, InitialDelay = TimeSpan.Zero }, Fallbacks = [Models.Echo()] });

        var result = await agent.RunAsync("hello", cancellationToken: Stop);

        result.Output.ShouldBe("Echo: hello");
        server.Requests.Count.ShouldBe(2);
    }

    [Fact]
    public async Task StreamBrokenOffAfterText_IsNotTriedAgain()
    {
        await using var server = await StartAsync(
            new Reply(200, """data: {"id":"c0","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"Half an "}}]}""" + "\n\n", "text/event-stream"),
            Json(Answer));
        var shown = new List<string>();

        var failure = await Should.ThrowAsync<ModelException>(async () =>
        {
            await foreach (var update in AgentOn(server).StreamAsync("hello", cancellationToken: Stop))
            {
                if (update.Delta is { } delta) shown.Add(delta.Text);
            }
        });

        failure.Error.ShouldBe(ModelErrorKind.Transient);
        shown.ShouldBe(["Half an "]);
        server.Requests.Count.ShouldBe(1);
    }

    private sealed record Verdict(string Label, double Confidence);

    [Fact]
    public async Task StructuredOutput_SchemaGoesInTheRequestAndNotInTheInstructions()
    {
        await using var server = await StartAsync(Json(Answer.Replace("It is paid.", "{\\\"label\\\":\\\"billing\\\",\\\"confidence\\\":0.9}", StringComparison.Ordinal)));

        var result = await AgentOn(server).RunAsync<Verdict>("My card was charged twice.", cancellationToken: Stop);

        result.Value.ShouldBe(new Verdict("billing", 0.9));
        var body = server.Requests.Single().Body;
        body.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema").GetProperty("properties").EnumerateObject().Select(one => one.Name).ShouldBe(["label", "confidence"]);
        body.GetProperty("messages")[0].GetProperty("content").ToString().ShouldNotContain("schema");
    }

    [Fact]
    public void Catalog_KnowsTheProviderOnceAdded()
    {
        var catalog = new ModelCatalog();
        Should.Throw<ArgumentException>(() => catalog.Create("gpt-4.1-mini")).Message.ShouldContain("AddOpenAI");

        using var model = catalog.AddOpenAI("sk-test").Create("gpt-4.1-mini");

        model.GetService(typeof(Microsoft.Extensions.AI.ChatClientMetadata)).ShouldBeOfType<Microsoft.Extensions.AI.ChatClientMetadata>().DefaultModelId.ShouldBe("gpt-4.1-mini");
    }
}
