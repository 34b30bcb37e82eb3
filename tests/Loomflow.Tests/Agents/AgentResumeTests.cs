namespace Loomflow.Tests.AgentLoop;

public class AgentResumeTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private sealed class Bank
    {
        public List<(string Key, string Account)> Charges { get; } = [];

        public Tool Tool => Loomflow.Tool.Of(
            (string account) =>
            {
                lock (Charges) Charges.Add((StepScope.Current!.IdempotencyKey, account));
                return $"charged {account}";
            },
            "charge");
    }

    private static ScriptedTurn Script(ModelCall call) => call.ToolResults.Count() switch
    {
        0 => ScriptedTurn.Call("charge", new { account = "A" }).AndCall("charge", new { account = "B" }),
        2 => ScriptedTurn.Call("charge", new { account = "C" }),
        _ => $"All done: {string.Join(", ", call.ToolResults)}",
    };

    private static Agent AgentOn(ScriptedModel model, Bank bank) => new("Charge.", model, new AgentOptions { Name = "cashier", Tools = [bank.Tool], MaxParallelTools = 1 });

    [Fact]
    public async Task CrashAtEveryEvent_NothingThatFinishedIsDoneAgainAndKeysStay()
    {
        var undisturbed = new Journal();
        var expected = await undisturbed.RunAsync(() => AgentOn(Models.Scripted(Script), new Bank()).RunAsync("go", cancellationToken: Stop));
        undisturbed.Events.Count.ShouldBe(11);

        for (var crash = 1; crash <= undisturbed.Events.Count; crash++)
        {
            var bank = new Bank();
            var appended = 0;
            var first = new Journal { CrashAt = _ => ++appended == crash };
            await Should.ThrowAsync<IOException>(() => first.RunAsync(() => AgentOn(Models.Scripted(Script), bank).RunAsync("go", cancellationToken: Stop)));
            var returned = first.Events.OfType<ToolReturned>().Select(one => one.Result.ToString()).ToList();

            var second = new Journal(first);
            var model = Models.Scripted(Script);
            var result = await second.RunAsync(() => AgentOn(model, bank).RunAsync("go", cancellationToken: Stop));

            result.Output.ShouldBe(expected.Output, $"after a crash at event {crash}");
            result.Turns.ShouldBe(3);
            result.Usage.ShouldBe(expected.Usage with { ToolCalls = first.Events.Concat(second.Events).OfType<ToolCalled>().Count() }, $"after a crash at event {crash}");
            foreach (var one in returned) bank.Charges.Count(charge => $"charged {charge.Account}" == one).ShouldBe(1, $"crash {crash}: {one} had returned");
            bank.Charges.Select(charge => charge.Key).Distinct().ShouldBe(
                ["run_1/cashier/charge#1", "run_1/cashier/charge:2#1", "run_1/cashier/charge:3#1"], ignoreOrder: true);
            foreach (var account in bank.Charges.GroupBy(charge => charge.Account)) account.Select(charge => charge.Key).Distinct().Count().ShouldBe(1);
            second.Events.OfType<RunStarted>().Single().Resumed.ShouldBe(first.Events.Count > 0);
        }
    }

    [Fact]
    public async Task Completed_GivesTheSameResultWithoutTheModel()
    {
        var first = new Journal();
        var expected = await first.RunAsync(() => AgentOn(Models.Scripted(Script), new Bank()).RunAsync("go", cancellationToken: Stop));
        var second = new Journal(first);
        var model = Models.Scripted();

        var result = await second.RunAsync(() => AgentOn(model, new Bank()).RunAsync("go", cancellationToken: Stop));

        result.Output.ShouldBe(expected.Output);
        result.Turns.ShouldBe(3);
        result.Usage.ShouldBe(expected.Usage);
        second.Events.ShouldBeEmpty();
    }

    [Fact]
    public async Task FailedOnItsAnswer_AsksTheModelAgainAndKeepsToolResults()
    {
        var first = new Journal();
        var bank = new Bank();
        var options = new AgentOptions { Name = "cashier", Tools = [bank.Tool], Output = OutputSchema.Of<int[]>(), OutputRetries = 0 };
        await Should.ThrowAsync<OutputInvalidException>(() => first.RunAsync(() =>
            new Agent("x", Models.Scripted(ScriptedTurn.Call("charge", new { account = "A" }), "not json"), options).RunAsync("go", cancellationToken: Stop)));
        var model = Models.Scripted("[1,2]");

        var result = await new Journal(first).RunAsync(() => new Agent("x", model, options).RunAsync("go", cancellationToken: Stop));

        result.Value.ShouldBe(new[] { 1, 2 });
        bank.Charges.Count.ShouldBe(1);
        model.Calls.Single().Messages.Select(message => message.Text).ShouldNotContain("not json");
    }

    [Fact]
    public async Task FailedOnTheFirstAnswer_ThenAgain_NeverRepeatsThePrompt()
    {
        var options = new AgentOptions { Name = "a", Output = OutputSchema.Of<int[]>(), OutputRetries = 0 };
        var first = new Journal();
        await Should.ThrowAsync<OutputInvalidException>(() => first.RunAsync(() => new Agent("x", Models.Scripted("no"), options).RunAsync("go", cancellationToken: Stop)));
        var second = new Journal(first);
        await Should.ThrowAsync<OutputInvalidException>(() => second.RunAsync(() => new Agent("x", Models.Scripted("no"), options).RunAsync("go", cancellationToken: Stop)));
        var model = Models.Scripted("[3]");

        var result = await new Journal(second).RunAsync(() => new Agent("x", model, options).RunAsync("go", cancellationToken: Stop));

        result.Value.ShouldBe(new[] { 3 });
        model.Calls.Single().Messages.Select(message => message.Text).ShouldBe([model.Calls[0].System, "go"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ApprovalIsAskedOnceAndItsAnswerHoldsAfterACrash(bool remember)
    {
        var asked = 0;
        var options = new AgentOptions
        {
            Name = "cashier",
            Approvals = Approvals.From((_, _) =>
            {
                asked++;
                return new(new ApprovalDecision { Outcome = ApprovalOutcome.Approved, Remember = remember, Data = Payload.Of(new Dictionary<string, object?> { ["account"] = "Z" }) });
            }),
        };
        var calls = new List<string>();
        Agent On(ScriptedModel model) => new("x", model, options with { Tools = [Tool.Of((string account) => { calls.Add(account); return "ok"; }, "charge", destructive: true)] });
        var script = (ModelCall call) => call.ToolResults.Any() ? ScriptedTurn.Say("done") : ScriptedTurn.Call("charge", new { account = "A" });
        var first = new Journal { CrashAt = one => one is ToolReturned };
        await Should.ThrowAsync<IOException>(() => first.RunAsync(() => On(Models.Scripted(script)).RunAsync("go", cancellationToken: Stop)));

        var second = new Journal(first);
        (await second.RunAsync(() => On(Models.Scripted(script)).RunAsync("go", cancellationToken: Stop))).Output.ShouldBe("done");

        asked.ShouldBe(1);
        calls.ShouldBe(["Z", "Z"]);
        second.Events.OfType<ToolCallEdited>().ShouldBeEmpty();
    }

    [Fact]
    public async Task Compaction_IsDoneAgainFromTheJournalWithoutAnotherSummary()
    {
        var summaries = 0;
        var summarizer = Models.Scripted(_ => { summaries++; return "they talked a lot"; });
        var options = new AgentOptions
        {
            Name = "a",
            Tools = [Tool.Of(() => new string('x', 400), "look")],
            Compaction = new Compaction { AboveTokens = 200, KeepTurns = 1, Summarizer = summarizer },
        };
        ScriptedTurn Next(ModelCall call) => call.Messages.Count(message => message.Text.Contains("Summary of", StringComparison.Ordinal)) == 0 ? ScriptedTurn.Call("look") : "done";
        var first = new Journal { CrashAt = one => one is RunCompleted };
        await Should.ThrowAsync<IOException>(() => first.RunAsync(() => new Agent("x", Models.Scripted(Next), options).RunAsync("go", cancellationToken: Stop)));
        summaries.ShouldBe(1);
        var model = Models.Scripted();

        var result = await new Journal(first).RunAsync(() => new Agent("x", model, options).RunAsync("go", cancellationToken: Stop));

        result.Output.ShouldBe("done");
        summaries.ShouldBe(1);
        result.Messages[0].Text.ShouldContain("they talked a lot");
    }
}
