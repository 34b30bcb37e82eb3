using Grpc.Core;
using Loomflow.Aspire.AgentWorker.Hosting;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Testing;
using Loomflow.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Tests.Execution;

/// <summary>A stream outlives the credential that it was opened with, and what it may do does not.</summary>
public class CredentialTests(RedisFixture fixture)
{
    private const string Key = "a secret of the tests, forty bytes long!";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_skew = TimeSpan.FromSeconds(30);

    private readonly ManualTimeProvider _clock = new(DateTimeOffset.UtcNow);

    [Fact]
    public async Task Start_AfterTheCredentialHasExpired_IsRefusedAndWhatHasBegunGoesOn()
    {
        await using var worker = await StartAsync();
        await using var stream = await OpenStream.OpenAsync(worker, headers: Token(Scopes.WorkerExecute));
        stream.Welcome.TakesStartsFor.ToTimeSpan().ShouldBeInRange(s_lifetime + s_skew - TimeSpan.FromSeconds(1), s_lifetime + s_skew);
        await stream.SayAsync(new Instruction { Execution = 1, Start = Caller.Start("two", "begun") });
        (await stream.NextOfAnAsync()).Event.Number.ShouldBe(1);

        _clock.Advance(s_lifetime);
        await stream.SayAsync(new Instruction { Execution = 2, Start = Caller.Start("two", "within the skew of clocks") });
        (await stream.NextOfAnAsync()).Event.Number.ShouldBe(1);

        _clock.Advance(s_skew + TimeSpan.FromSeconds(1));
        await stream.SayAsync(new Instruction { Execution = 3, Start = Caller.Start("two", "late") });
        var refused = await stream.NextOfAnAsync();
        (refused.Execution, (StatusCode)refused.Refusal.Code).ShouldBe((3, StatusCode.Unauthenticated));

        await stream.SayAsync(new Instruction { Execution = 1, Acknowledged = 1 });
        (await stream.NextOfAnAsync()).Result.Output.IsEmpty.ShouldBeFalse();
        await using var next = await OpenStream.OpenAsync(worker, headers: Token(Scopes.WorkerExecute));
        await next.SayAsync(new Instruction { Execution = 1, Start = Caller.Start("two", "late") });
        (await next.NextOfAnAsync()).Event.Number.ShouldBe(1);
    }

    [Fact]
    public async Task Start_OlderThanTheOrchestratorAllows_IsRefusedAndBeginsWithANewerClock()
    {
        await using var worker = await StartAsync();
        await using var stream = await OpenStream.OpenAsync(worker, headers: Token(Scopes.WorkerExecute), startsWithin: TimeSpan.FromSeconds(1));
        var late = Caller.Start("two", "held up");
        late.Clock = stream.Clock;
        _clock.Advance(TimeSpan.FromSeconds(1.5));
        await stream.SayAsync(new Instruction { Execution = 1, Start = late });
        var refused = await stream.NextOfAnAsync();
        (refused.Execution, (StatusCode)refused.Refusal.Code).ShouldBe((1, StatusCode.DeadlineExceeded));

        var inTime = Caller.Start("two", "held up");
        inTime.Clock = stream.Clock;
        _clock.Advance(TimeSpan.FromSeconds(0.5));
        await stream.SayAsync(new Instruction { Execution = 2, Start = inTime });
        (await stream.NextOfAnAsync()).Event.Number.ShouldBe(1);
    }

    [Fact]
    public async Task Stream_WithoutTheScope_IsNotOpened()
    {
        await using var worker = await StartAsync();
        foreach (var headers in new[] { Token(Scopes.AuditAppend), [] })
        {
            var refused = await Should.ThrowAsync<RpcException>(() => OpenStream.OpenAsync(worker, headers: headers));
            refused.StatusCode.ShouldBeOneOf(StatusCode.PermissionDenied, StatusCode.Unauthenticated);
        }
    }

    private Task<TestWorker> StartAsync() => TestWorker.StartAsync(
        fixture.Redis,
        host =>
        {
            host.Services.AddSingleton<TimeProvider>(_clock);
            host.AddStep("two", Step.Of(
                async (string text, CancellationToken cancellationToken) =>
                {
                    await Notes.WriteAsync(Notes.Called("1"), cancellationToken);
                    return text;
                },
                "two"));
        },
        ("ServiceAuth:Key", Key),
        ("ServiceAuth:Name", "agentworker"));

    private Metadata Token(string scope)
    {
        var tokens = new ServiceTokens(Options.Create(new ServiceAuthenticationOptions { Key = Key, Name = "orchestrator", Lifetime = s_lifetime, ClockSkew = s_skew }), _clock);
        return new Metadata { { "authorization", $"Bearer {tokens.Issue("agentworker", [scope])}" } };
    }
}
