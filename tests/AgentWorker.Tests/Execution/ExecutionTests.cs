using System.Text.Json;
using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Testing;
using Loomflow.V1;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

public class ExecutionTests(RedisFixture fixture)
{
    private readonly Notes _notes = new();

    private Step<string, string> Endless => Step.Of(
        async (string text, CancellationToken cancellationToken) =>
        {
            _notes.Reach("begun");
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                _notes.Reach(RunContext.Current!.Released.IsCancellationRequested ? "released" : "stopped");
            }

            return text;
        },
        "endless");

    [Fact]
    public async Task Cancel_reaches_the_step()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("endless", Endless));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("endless", "hi"));
        await _notes.Reached("begun");

        await caller.SayAsync(new Instruction { Cancel = "the user left" });

        (await caller.ResultAsync()).Cancelled.ShouldBe("the user left");
        _notes.Log.ShouldBe(["begun", "stopped"]);
    }

    [Fact]
    public async Task A_step_that_nobody_is_attached_to_stops_after_the_grace_time_as_work_that_goes_on_elsewhere()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("endless", Endless), ("Worker:OrphanGrace", "00:00:00.05"));
        await using (await Caller.AttachAsync(worker, Caller.Start("endless", "hi"))) await _notes.Reached("begun");

        await _notes.Reached("released");
    }

    [Fact]
    public async Task A_full_worker_refuses_new_steps_until_a_place_is_free_and_lets_orchestrators_attach()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("endless", Endless), ("Worker:Capacity", "1"));
        var start = Caller.Start("endless", "hi");
        await using var first = await Caller.AttachAsync(worker, start);
        await _notes.Reached("begun");

        await using var refused = await Caller.AttachAsync(worker, Caller.Start("endless", "hi"));
        (await refused.RefusalAsync()).StatusCode.ShouldBe(StatusCode.ResourceExhausted);

        await using var again = await Caller.AttachAsync(worker, start);
        await again.SayAsync(new Instruction { Cancel = "enough" });
        await again.ResultAsync();

        await using var next = await Caller.AttachAsync(worker, Caller.Start("endless", "hi"));
        await next.SayAsync(new Instruction { Cancel = "enough" });
        (await next.ResultAsync()).Cancelled.ShouldBe("enough");
    }

    [Fact]
    public async Task A_failure_comes_back_as_data()
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("fails", Step.Of(Task<string> (string text) => throw new InvalidOperationException("no " + text), "fails")));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("fails", "luck"));

        var failure = JsonSerializer.Deserialize<Failure>((await caller.ResultAsync()).Failure.Span, PayloadSerializer.Options)!;
        failure.Kind.ShouldBe(FailureKind.Error);
        failure.Type.ShouldBe("System.InvalidOperationException");
        failure.Message.ShouldBe("no luck");
        failure.Node.ShouldBe("node");
    }

    [Theory]
    [InlineData("text")]
    [InlineData(null)]
    public async Task An_input_of_the_wrong_type_is_a_failure_that_says_so(string? input)
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("double", Step.Of((int number) => number * 2, "double")));
        await using var caller = await Caller.AttachAsync(worker, Caller.Start("double", input));

        var failure = JsonSerializer.Deserialize<Failure>((await caller.ResultAsync()).Failure.Span, PayloadSerializer.Options)!;
        failure.Kind.ShouldBe(FailureKind.InvalidValue);
        failure.Message.ShouldContain("Int32");
    }

    [Fact]
    public async Task Usage_and_pieces_of_text_come_up()
    {
        var step = Step.Of(
            async (string text, CancellationToken cancellationToken) =>
            {
                var scope = StepScope.Current!;
                scope.Usage.Add(new Usage(InputTokens: 3, ModelCalls: 1));
                foreach (var word in text.Split(' ')) await scope.Context.Events.WriteDeltaAsync(new TextDelta(scope.Path, word), cancellationToken);
                return scope.Context.ResponseTone!;
            },
            "say");
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("say", step));
        var start = Caller.Start("say", string.Join(' ', Enumerable.Repeat("word", 200)));
        start.ResponseTone = "formal";
        await using var caller = await Caller.AttachAsync(worker, start);

        for (var i = 0; i < 200; i++) (await caller.NextAsync()).Delta.ShouldBe(new TextPiece { Path = "node", Text = "word" });
        var result = await caller.ResultAsync();
        Payload.FromJson(result.Output.Memory).ShouldBe(Payload.Of("formal"));
        JsonSerializer.Deserialize<Usage>(result.Usage.Span, PayloadSerializer.Options).ShouldBe(new Usage(InputTokens: 3, ModelCalls: 1));
    }

    [Theory]
    [InlineData("unknown step", StatusCode.Unimplemented)]
    [InlineData("attach only", StatusCode.NotFound)]
    [InlineData("no run", StatusCode.InvalidArgument)]
    [InlineData("no path", StatusCode.InvalidArgument)]
    [InlineData("visit 0", StatusCode.InvalidArgument)]
    [InlineData("bad partition", StatusCode.InvalidArgument)]
    [InlineData("bad history", StatusCode.InvalidArgument)]
    public async Task What_cannot_be_begun_is_refused_with_a_status(string what, StatusCode expected)
    {
        await using var worker = await TestWorker.StartAsync(fixture.Redis, host => host.AddStep("endless", Endless));
        var start = Caller.Start(what == "unknown step" ? "nothing" : "endless", "hi");
        switch (what)
        {
            case "attach only": start.AttachOnly = true; break;
            case "no run": start.Run = null; break;
            case "no path": start.Path = ""; break;
            case "visit 0": start.Visit = 0; break;
            case "bad partition": start.Run.Partition = "u:%"; break;
            case "bad history": start.History.Add(Google.Protobuf.ByteString.CopyFromUtf8("{}")); break;
        }

        await using var caller = await Caller.AttachAsync(worker, start);
        (await caller.RefusalAsync()).StatusCode.ShouldBe(expected);
        worker.Executions.UnderWay.ShouldBe(0);
    }
}
