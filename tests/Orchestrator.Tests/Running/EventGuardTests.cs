using Loomflow.Aspire.Orchestrator.Running;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Tests.Running;

public sealed class EventGuardTests
{
    // In two parts, so that scanners of repositories do not take it for one.
    private const string Secret = "sk-" + "ant-api03-abcdefghijklmnop";

    private static readonly RunLimits s_limits = new() { MaxEvents = 3, MaxOutputBytes = 100 };

    private readonly List<Failure> _stopped = [];

    public static TheoryData<RunEvent> WithSecrets =>
    [
        new RunStarted { Kind = RunKind.Workflow, Name = "support", Input = Payload.Of($"use {Secret}") },
        new StepCompleted { Path = "fetch", Output = Payload.Of(new { answer = $"use {Secret}", api_key = "plain-text" }) },
        new StepFailed { Path = "fetch", Failure = new Failure { Message = $"use {Secret}", Siblings = [new Failure { Message = $"and {Secret}" }] } },
        new ToolCalled { Path = "agent", CallId = "1", Tool = "fetch", Arguments = Payload.Of(new { header = $"Bearer {Secret}" }) },
        new ToolReturned { Path = "agent", CallId = "1", Tool = "fetch", Result = Payload.Of($"use {Secret}"), Error = $"use {Secret}" },
        new SignalReceived { Name = "go", Data = Payload.Of(new { password = "plain-text" }) },
    ];

    [Theory]
    [MemberData(nameof(WithSecrets))]
    public void Admit_AnEventWithSecrets_GivesTheSameEventWithoutThem(RunEvent runEvent)
    {
        runEvent.Stamp(new RunIdentity { RunId = "r1", RootRunId = "r1", SessionId = "s1", Name = "support" }, 0, DateTimeOffset.UnixEpoch);

        var (admitted, written) = Guard().Write(Guard().Admit(runEvent));

        var json = System.Text.Encoding.UTF8.GetString(written.Span);
        RunEventJson.Write(admitted).ShouldBe(written.ToArray());
        json.ShouldContain(SecretScrubber.Marker);
        json.ShouldNotContain(Secret);
        json.ShouldNotContain("plain-text");
        admitted.GetType().ShouldBe(runEvent.GetType());
        (admitted.Path, admitted.Time).ShouldBe((runEvent.Path, runEvent.Time));
    }

    [Fact]
    public void Admit_AnEventWithoutSecrets_GivesTheEventItself()
    {
        var ordinary = new StepCompleted { Path = "fetch", Output = Payload.Of("nothing to see") };

        Guard().Write(Guard().Admit(ordinary)).Event.ShouldBeSameAs(ordinary);
    }

    [Fact]
    public void Admit_MoreEventsThanTheLimit_StopsTheRunOnceAndCountsThoseOfEarlierOwners()
    {
        var guard = Guard(written: 2);

        guard.Admit(new StepStarted { Path = "third" });
        _stopped.ShouldBeEmpty();
        guard.Admit(new StepStarted { Path = "fourth" });
        guard.Admit(new StepStarted { Path = "fifth" });

        var stopped = _stopped.ShouldHaveSingleItem();
        stopped.Kind.ShouldBe(FailureKind.Capped);
        stopped.Message.ShouldContain("more than 3 events");
    }

    [Fact]
    public void Admit_AnOutputThatIsTooLarge_FailsTheRun_AndAnInnerOneDoesNot()
    {
        var large = new RunCompleted { Kind = RunKind.Workflow, Name = "support", Output = Payload.Of(new string('x', 99)) };

        var failed = Guard().Admit(large).ShouldBeOfType<RunFailed>();
        failed.Failure.Kind.ShouldBe(FailureKind.Capped);
        failed.Failure.Message.ShouldContain("101 bytes; at most 100");

        var inner = large with { Path = "agent" };
        Guard().Admit(inner).ShouldBeSameAs(inner);
        var fits = large with { Output = Payload.Of(new string('x', 98)) };
        Guard().Admit(fits).ShouldBeSameAs(fits);
    }

    private EventGuard Guard(long written = 0) => new(SecretScrubber.Default, s_limits, written, _stopped.Add);
}
