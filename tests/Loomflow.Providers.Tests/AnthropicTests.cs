using static Loomflow.Providers.Tests.ProviderServer;

namespace Loomflow.Providers.Tests;

public class AnthropicTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private const string Answer = """
        {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"It is paid."}],"stop_reason":"end_turn","stop_sequence":null,
         "usage":{"input_tokens":20,"output_tokens":5,"cache_read_input_tokens":0,"cache_creation_input_tokens":0}}
        """;

    private const string ToolCall = """
        {"id":"msg_0","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[{"type":"text","text":"Let me look."},
         {"type":"tool_use","id":"toolu_a","name":"lookup","input":{"invoice":"INV-1"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":4}}
        """;

    private static Agent AgentOn(ProviderServer server, AgentOptions? options = null) =>
        new("Help.", ProviderModels.Anthropic("claude-haiku-4-5", new ProviderOptions { ApiKey = "sk-ant-test", Endpoint = server.Address }), options);

    [Fact]
    public async Task Agent_ToolCallAndAnswer_SpeakTheWireFormat()
    {
        await using var server = await StartAsync(Json(ToolCall), Json(Answer));
        var agent = AgentOn(server, new AgentOptions { Tools = [Tool.Of((string invoice) => $"{invoice}: paid", "lookup", "Looks up an invoice.")] });

        var result = await agent.RunAsync("Is INV-1 paid?", cancellationToken: Stop);

        result.Output.ShouldBe("It is paid.");
        result.Usage.InputTokens.ShouldBe(30);
        result.Usage.OutputTokens.ShouldBe(9);
        var (first, second) = (server.Requests.First(), server.Requests.Last());
        first.Path.ShouldBe("/v1/messages");
        first.Headers["authorization"].ShouldContain("sk-ant-test");
        first.Body.GetProperty("model").GetString().ShouldBe("claude-haiku-4-5");
        first.Body.GetProperty("system").ToString().ShouldContain("Help.");
        first.Body.GetProperty("tools")[0].GetProperty("name").GetString().ShouldBe("lookup");
        var messages = second.Body.GetProperty("messages");
        messages[1].GetProperty("content").ToString().ShouldContain("toolu_a");
        var result2 = messages[2].GetProperty("content")[0];
        result2.GetProperty("type").GetString().ShouldBe("tool_result");
        result2.GetProperty("tool_use_id").GetString().ShouldBe("toolu_a");
        result2.GetProperty("content").ToString().ShouldContain("INV-1: paid");
    }

    [Fact]
    public async Task Stream_TextAndToolCallInPieces_ArePutTogether()
    {
        await using var server = await StartAsync(
            Events(
                "event: message_start\ndata: " + """{"type":"message_start","message":{"id":"msg_0","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}}""",
                "event: content_block_start\ndata: " + """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
                "event: content_block_delta\ndata: " + """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Let me "}}""",
                "event: content_block_delta\ndata: " + """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"look."}}""",
                "event: content_block_stop\ndata: " + """{"type":"content_block_stop","index":0}""",
                "event: content_block_start\ndata: " + """{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_a","name":"lookup","input":{}}}""",
                "event: content_block_delta\ndata: " + """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"invoice\":"}}""",
                "event: content_block_delta\ndata: " + """{"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\"INV-1\"}"}}""",
                "event: content_block_stop\ndata: " + """{"type":"content_block_stop","index":1}""",
                "event: message_delta\ndata: " + """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":9}}""",
                "event: message_stop\ndata: " + """{"type":"message_stop"}"""),
            Events(
                "event: message_start\ndata: " + """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-4-5","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":20,"output_tokens":1}}}""",
                "event: content_block_start\ndata: " + """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""",
                "event: content_block_delta\ndata: " + """{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Paid."}}""",
                "event: content_block_stop\ndata: " + """{"type":"content_block_stop","index":0}""",
                "event: message_delta\ndata: " + """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}}""",
                "event: message_stop\ndata: " + """{"type":"message_stop"}"""));
        var agent = AgentOn(server, new AgentOptions { Tools = [Tool.Of((string invoice) => $"{invoice}: paid", "lookup")] });

        var updates = new List<RunUpdate>();
        await foreach (var update in agent.StreamAsync("Is INV-1 paid?", cancellationToken: Stop)) updates.Add(update);

        string.Concat(updates.Select(update => update.Delta?.Text)).ShouldBe("Let me look.Paid.");
        updates.Select(update => update.Event).OfType<ToolReturned>().Single().Result.ToString().ShouldBe("INV-1: paid");
        updates.Select(update => update.Event).OfType<RunCompleted>().Single().StopReason.ShouldBe("completed");
    }

    [Fact]
    public async Task Overloaded_IsTriedAgain()
    {
        await using var server = await StartAsync(
            new Reply(529, """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"""),
            Json(Answer));
        var agent = AgentOn(server, new AgentOptions { Retry = new RetryPolicy { InitialDelay = TimeSpan.Zero } });

        (await agent.RunAsync("hello", cancellationToken: Stop)).Output.ShouldBe("It is paid.");

        server.Requests.Count.ShouldBe(2);
    }

    [Theory]
    [InlineData(401, "authentication_error", ModelErrorKind.Authentication)]
    [InlineData(400, "invalid_request_error", ModelErrorKind.InvalidRequest)]
    [InlineData(404, "not_found_error", ModelErrorKind.Unavailable)]
    public async Task LastingErrors_AreNotTriedAgain(int status, string type, ModelErrorKind expected)
    {
        await using var server = await StartAsync(new Reply(status, $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"no"}}"""), Json(Answer));

        var failure = await Should.ThrowAsync<ModelException>(() => AgentOn(server).RunAsync("hello", cancellationToken: Stop));

        failure.Error.ShouldBe(expected);
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task MaxTokens_IsATruncatedResult()
    {
        await using var server = await StartAsync(Json(Answer.Replace("end_turn", "max_tokens", StringComparison.Ordinal)));

        var result = await AgentOn(server).RunAsync("hello", cancellationToken: Stop);

        result.StopReason.ShouldBe(StopReason.Truncated);
        result.Output.ShouldBe("It is paid.");
    }

    [Fact]
    public async Task WhatIsRemembered_GoesIntoTheRequest()
    {
        await using var server = await StartAsync(Json(Answer));
        var memory = new InMemoryMemory();
        await memory.SetBlockAsync(PartitionKey.Named("ada"), "plan", "ada is on the enterprise plan", Stop);

        await AgentOn(server).RunAsync("Which plan am I on?", new RunOptions { Memory = memory, UserId = "ada" }, Stop);

        var body = server.Requests.Single().Body;
        body.GetProperty("system").ToString().ShouldContain("Help.");
        body.GetRawText().ShouldContain("enterprise plan");
        body.GetProperty("messages").EnumerateArray().Last().GetProperty("content").ToString().ShouldContain("Which plan am I on?");
    }

    private sealed record Verdict(string Label, double Confidence);

    [Fact]
    public async Task StructuredOutput_TheModelIsToldTheSchemaExactlyOnce()
    {
        await using var server = await StartAsync(Json(Answer.Replace("It is paid.", "{\\\"label\\\":\\\"billing\\\",\\\"confidence\\\":0.9}", StringComparison.Ordinal)));

        var result = await AgentOn(server).RunAsync<Verdict>("My card was charged twice.", cancellationToken: Stop);

        result.Value.ShouldBe(new Verdict("billing", 0.9));
        var text = server.Requests.Single().Body.GetRawText();
        text.Split("\"confidence\"").Length.ShouldBeGreaterThan(1, text);
        server.Requests.Single().Body.GetProperty("system").ToString().ShouldNotContain("schema");
    }
}
