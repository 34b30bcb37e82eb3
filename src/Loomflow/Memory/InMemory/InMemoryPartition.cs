using System.Collections.Immutable;

namespace Loomflow;

/// <summary>What is kept of one partition. Called under <see cref="Lock"/>.</summary>
internal sealed class InMemoryPartition(MemoryOptions options, TimeProvider time)
{
    private readonly OrderedDictionary<string, MemoryBlock> _blocks = new(StringComparer.Ordinal);
    private readonly InMemoryEpisodes _episodes = new(options);
    private readonly InMemoryFacts _facts = new(options);
    private DateTimeOffset _lastWrite = time.GetUtcNow();

    public Lock Lock { get; } = new();

    public DateTimeOffset LastUsed { get; private set; }

    /// <summary>This partition, without what is too old by now.</summary>
    public InMemoryPartition Used()
    {
        var now = time.GetUtcNow();
        LastUsed = now;
        if (now - _lastWrite > options.IdleRetention) Clear();
        _episodes.RemoveOlderThan(MemoryTime.Cutoff(now, options.EpisodeRetention));
        _facts.RemoveEndedBefore(MemoryTime.Cutoff(now, options.EndedFactRetention));
        return this;
    }

    public IReadOnlyList<MemoryBlock> GetBlocks() => [.. _blocks.Values];

    public bool SetBlock(string name, string content, bool append)
    {
        var kept = _blocks.TryGetValue(name, out var block) ? block.Content : null;
        if (kept is null && _blocks.Count >= options.MaxBlocks) throw MemoryLimits.TooManyBlocks(name, options.MaxBlocks);
        var written = append && kept is not null ? $"{kept}\n{content}" : content;
        if (written.Length > options.MaxBlockLength) throw MemoryLimits.BlockTooLong(name, options.MaxBlockLength);
        _blocks[name] = new MemoryBlock(name, written, Write());
        return true;
    }

    public bool RemoveBlock(string name)
    {
        Write();
        return _blocks.Remove(name);
    }

    public bool Remember(Episode episode, QuantizedVector? vector)
    {
        _episodes.Put(episode, vector);
        Write();
        return true;
    }

    public bool Holds(string episodeId) => _episodes.Holds(episodeId);

    public IReadOnlyList<Recalled<Episode>> Recall(RecallQuery query, QuantizedVector? vector) => _episodes.Recall(query, vector);

    public IReadOnlyList<Episode> GetSession(string sessionId, int limit) => _episodes.GetSession(sessionId, limit);

    public Fact Learn(Fact fact, QuantizedVector? vector)
    {
        Write();
        return _facts.Learn(fact, vector);
    }

    public IReadOnlyList<Recalled<Fact>> RecallFacts(FactQuery query, QuantizedVector? vector) =>
        _facts.Recall(query, vector, time.GetUtcNow());

    public MemoryProfile GetProfile() =>
        new(_episodes.Count, _facts.Count, _blocks.Count, _episodes.LatestSessions(MemoryLimits.ProfileLength), _facts.Latest(time.GetUtcNow(), MemoryLimits.ProfileLength));

    public ForgetReceipt Forget(ForgetScope scope)
    {
        Write();
        var episodes = _episodes.Forget(scope);
        var facts = _facts.Forget(scope);
        var blocks = _blocks.Values.Where(scope.Includes).Select(block => block.Name).ToList();
        foreach (var name in blocks) _blocks.Remove(name);
        return new ForgetReceipt(episodes, facts, blocks.Count);
    }

    public MemoryExport Export(PartitionKey partition) => new()
    {
        UserId = partition.UserId,
        ExportedAt = time.GetUtcNow(),
        Blocks = GetBlocks(),
        Facts = _facts.All(),
        Episodes = _episodes.All(),
    };

    private DateTimeOffset Write() => _lastWrite = MemoryTime.Truncate(time.GetUtcNow());

    private void Clear()
    {
        _blocks.Clear();
        _episodes.Forget(new ForgetScope());
        _facts.Forget(new ForgetScope());
    }
}
