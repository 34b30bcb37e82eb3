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
        (await new ModelFactExtractor(new FixedModel(answer)).ExtractAsync(NewEpisode("ep_1"), Cancellation))
            .ShouldBe([new ExtractedFact("user", "lives_in", "Lisbon", 0.9)]);

    [Theory]
    [InlineData("I found nothing.")]
    [InlineData("{\"facts\": [")]
    [InlineData("{\"answer\": []}")]
    public async Task ModelFactExtractor_SomethingElse_Fails(string answer) =>
        await Should.ThrowAsync<FormatException>(async () => await new ModelFactExtractor(new FixedModel(answer)).ExtractAsync(NewEpisode("ep_1"), Cancellation));

    private FactExtractionOptions Options() => new() { OnFailure = _failures.Enqueue };

    private static Episode NewEpisode(string id) => new()
    {
        Id = id, SessionId = "s1", OccurredAt = new DateTimeOffset(2026, 5, 6, 7, 8, 9, TimeSpan.Zero), Input = "I moved", Output = "Noted.",
    };

    private sealed class GatedExtractor(bool isOpen = false) : IFactExtractor
    {
        private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Entered => _entered.Task;

        public void Open() => _gate.TrySetResult();

        public async ValueTask<IReadOnlyList<ExtractedFact>> ExtractAsync(Episode episode, CancellationToken cancellationToken = default)
        {
            _entered.TrySetResult();
            if (!isOpen) await _gate.Task;
            return episode.Id == "ep_bad" ? throw new FormatException("no JSON") : [new ExtractedFact("user", "episode", episode.Id)];
        }
    }

    private sealed class FixedModel(string answer) : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, answer)));

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
