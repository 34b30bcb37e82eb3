using System.Collections.Concurrent;
using Loomflow.Testing;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Memory;

public class FactExtractingMemoryTests
{
    private static readonly PartitionKey s_alice = PartitionKey.Named("alice");
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private readonly InMemoryMemory _inner = new();
    private readonly ConcurrentQueue<FactExtractionFailure> _failures = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Remember_DoesNotWaitForFacts_AndDisposingDoes()
    {
        var extractor = new GatedExtractor();
        var memory = new FactExtractingMemory(_inner, extractor, Options());
        await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
        (await memory.RecallFactsAsync(s_alice, new FactQuery(""), Cancellation)).ShouldBeEmpty();

        var closed = memory.DisposeAsync().AsTask();
        closed.IsCompleted.ShouldBeFalse();
        extractor.Open();
        await closed.WaitAsync(s_patience, Cancellation);

        var fact = (await _inner.RecallFactsAsync(s_alice, new FactQuery(""), Cancellation)).ShouldHaveSingleItem().Item;
        fact.ShouldSatisfyAllConditions(
            () => fact.Object.ShouldBe("ep_1"), () => fact.Sources.ShouldBe(["ep_1"]), () => fact.ValidFrom.ShouldBe(NewEpisode("ep_1").OccurredAt));
        _failures.ShouldBeEmpty();
    }

    [Fact]
    public async Task Remember_TheSameEpisodeAgain_LeavesNoFactTwice()
    {
        await using (var memory = new FactExtractingMemory(_inner, new GatedExtractor(isOpen: true), Options()))
        {
            await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
            await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
        }

        (await _inner.GetProfileAsync(s_alice, Cancellation)).Facts.ShouldBe(1);
    }

    [Fact]
    public async Task Extractor_ThatFails_IsReported_AndTheNextEpisodeIsWorkedOn()
    {
        await using (var memory = new FactExtractingMemory(_inner, new GatedExtractor(isOpen: true), Options()))
        {
            await memory.RememberAsync(s_alice, NewEpisode("ep_bad"), Cancellation);
            await memory.RememberAsync(s_alice, NewEpisode("ep_good"), Cancellation);
        }

        var failure = _failures.ShouldHaveSingleItem();
        failure.EpisodeId.ShouldBe("ep_bad");
        failure.Exception.ShouldBeOfType<FormatException>();
        (await _inner.RecallFactsAsync(s_alice, new FactQuery(""), Cancellation)).ShouldHaveSingleItem().Item.Object.ShouldBe("ep_good");
    }

    [Fact]
    public async Task Remember_MoreThanCapacity_DropsExtractionAndKeepsTheEpisode()
    {
        var extractor = new GatedExtractor();
        var memory = new FactExtractingMemory(_inner, extractor, Options() with { Capacity = 2, Concurrency = 1 });
        await memory.RememberAsync(s_alice, NewEpisode("ep_0"), Cancellation);
        await extractor.Entered.WaitAsync(s_patience, Cancellation);
        for (var i = 1; i <= 4; i++) await memory.RememberAsync(s_alice, NewEpisode($"ep_{i}"), Cancellation);

        _failures.Select(failure => (failure.EpisodeId, failure.Exception)).ShouldBe([("ep_3", null), ("ep_4", null)]);
        extractor.Open();
        await memory.DisposeAsync();
        (await _inner.GetProfileAsync(s_alice, Cancellation)).Episodes.ShouldBe(5);
    }

    [Fact]
    public async Task Dispose_BeyondDrainTimeout_DropsTheRestAndSaysSo()
    {
        var memory = new FactExtractingMemory(_inner, new GatedExtractor(), Options() with { DrainTimeout = TimeSpan.FromMilliseconds(1), Concurrency = 1 });
        for (var i = 0; i < 3; i++) await memory.RememberAsync(s_alice, NewEpisode($"ep_{i}"), Cancellation);

        await memory.DisposeAsync().AsTask().WaitAsync(s_patience, Cancellation);

        _failures.Select(failure => failure.EpisodeId).Order().ShouldBe(["ep_0", "ep_1", "ep_2"]);
    }

    [Fact]
    public async Task Extractor_ThatHangs_IsGivenUpAfterTheTimeout()
    {
        var time = new ManualTimeProvider();
        var extractor = new GatedExtractor();
        var memory = new FactExtractingMemory(_inner, extractor, Options() with { Timeout = TimeSpan.FromSeconds(60) }, time);
        await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
        await extractor.Entered.WaitAsync(s_patience, Cancellation);

        time.Advance(TimeSpan.FromSeconds(60));
        await memory.DisposeAsync().AsTask().WaitAsync(s_patience, Cancellation);

        _failures.ShouldHaveSingleItem().Exception.ShouldBeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task Forget_WhileFactsAreBeingTaken_LeavesNoFact()
    {
        var extractor = new GatedExtractor();
        var memory = new FactExtractingMemory(_inner, extractor, Options());
        await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
        await extractor.Entered.WaitAsync(s_patience, Cancellation);
        await memory.ForgetAsync(s_alice, null, Cancellation);
        extractor.Open();
        await memory.DisposeAsync();

        (await _inner.GetProfileAsync(s_alice, Cancellation)).Facts.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"facts":[{"subject":"user","predicate":"lives_in","object":"Lisbon","confidence":0.9}]}""")]
    [InlineData("```json\n{\"facts\":[{\"subject\":\"user\",\"predicate\":\"lives_in\",\"object\":\"Lisbon\",\"confidence\":\"0.9\"},{\"subject\":\"user\"}]}\n```")]
    public async Task ModelFactExtractor_ReadsWhatModelsAnswer(string answer) =>
        (await new ModelFactExtractor(Models.Scripted(answer)).ExtractAsync(s_alice, NewEpisode("ep_1"), Cancellation))
            .ShouldBe([new ExtractedFact("user", "lives_in", "Lisbon", 0.9)]);

    [Theory]
    [InlineData("I found nothing.")]
    [InlineData("{\"facts\": [")]
    [InlineData("{\"answer\": []}")]
    public async Task ModelFactExtractor_SomethingElse_Fails(string answer) =>
        await Should.ThrowAsync<FormatException>(async () => await new ModelFactExtractor(Models.Scripted(answer)).ExtractAsync(s_alice, NewEpisode("ep_1"), Cancellation));

    [Fact]
    public async Task ModelFactExtractor_ChargesTheEpisodesUser_AndIsRefusedWhenTheirBudgetIsUsedUp()
    {
        var services = new Services { Ledger = new InMemoryBudgetLedger(), Limits = new UserLimits { Budget = new UserBudget { MaxTokens = 1_000 } } };
        var usage = new UsageDetails { InputTokenCount = 700, OutputTokenCount = 50 };
        var model = Models.Scripted(_ => ScriptedTurn.Say("""{"facts":[{"subject":"user","predicate":"likes","object":"tea"}]}""") with { Usage = usage });
        await using (var memory = new FactExtractingMemory(_inner, new ModelFactExtractor(model, services: services), Options() with { Concurrency = 1 }))
        {
            await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
            await memory.RememberAsync(s_alice, NewEpisode("ep_2"), Cancellation);
            await memory.RememberAsync(PartitionKey.Named("bob"), NewEpisode("ep_3"), Cancellation);
        }

        (await services.Ledger.GetSpentAsync(s_alice, TimeSpan.FromDays(1), Cancellation)).ShouldSatisfyAllConditions(
            spent => spent.InputTokens.ShouldBe(700), spent => spent.OutputTokens.ShouldBe(50));
        (await services.Ledger.GetSpentAsync(PartitionKey.Named("bob"), TimeSpan.FromDays(1), Cancellation)).InputTokens.ShouldBe(700);
        var refused = _failures.ShouldHaveSingleItem();
        refused.EpisodeId.ShouldBe("ep_2");
        refused.Exception!.Message.ShouldContain("budget:user_max_tokens");
        model.Calls.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Drain_WorksOffWhatWaits_AndStatusSaysHowItWent()
    {
        var extractor = new GatedExtractor();
        var memory = new FactExtractingMemory(_inner, extractor, Options() with { Concurrency = 1 });
        await memory.RememberAsync(s_alice, NewEpisode("ep_1"), Cancellation);
        await extractor.Entered.WaitAsync(s_patience, Cancellation);
        await memory.RememberAsync(s_alice, NewEpisode("ep_bad"), Cancellation);
        memory.Status.Waiting.ShouldBe(1);

        var drained = memory.DrainAsync(Cancellation);
        extractor.Open();
        await drained.WaitAsync(s_patience, Cancellation);

        memory.Status.ShouldBe(new FactExtractionStatus(Waiting: 0, Extracted: 1, Failed: 1, Dropped: 0, nameof(FormatException)));
        await memory.RememberAsync(s_alice, NewEpisode("ep_late"), Cancellation);
        memory.Status.ShouldSatisfyAllConditions(status => status.Dropped.ShouldBe(1), status => status.LastFailure.ShouldBe("dropped"));
    }

    [Fact]
    public async Task Drain_ThatIsCancelled_DropsWhatWaits()
    {
        var memory = new FactExtractingMemory(_inner, new GatedExtractor(), Options() with { Concurrency = 1 });
        for (var i = 0; i < 3; i++) await memory.RememberAsync(s_alice, NewEpisode($"ep_{i}"), Cancellation);

        await memory.DrainAsync(new CancellationToken(canceled: true)).WaitAsync(s_patience, Cancellation);

        memory.Status.Dropped.ShouldBe(3);
    }

    private FactExtractionOptions Options() => new() { OnFailure = _failures.Enqueue };

    private static Episode NewEpisode(string id) => new()
    {
        Id = id, SessionId = "s1", OccurredAt = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero), Input = "I moved", Output = "Noted.",
    };

    private sealed class Services : IServiceProvider
    {
        public required IBudgetLedger Ledger { get; init; }

        public required UserLimits Limits { get; init; }

        public object? GetService(Type serviceType) => serviceType == typeof(UserLimits) ? Limits : serviceType == typeof(IBudgetLedger) ? Ledger : null;
    }

    private sealed class GatedExtractor(bool isOpen = false) : IFactExtractor
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public void Open() => _gate.TrySetResult();

        public async ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            if (!isOpen) await _gate.Task;
            return episode.Id == "ep_bad" ? throw new FormatException("no JSON") : [new ExtractedFact("user", "episode", episode.Id)];
        }
    }
}
