namespace Loomflow;

/// <summary>What memory holds that may bear on a prompt.</summary>
public sealed record Recollection
{
    /// <summary>Nothing.</summary>
    public static Recollection Empty { get; } = new();

    /// <summary>The working blocks.</summary>
    public IReadOnlyList<MemoryBlock> Blocks { get; init; } = [];

    /// <summary>Facts that match, best first.</summary>
    public IReadOnlyList<Recalled<Fact>> Facts { get; init; } = [];

    /// <summary>Episodes that match, best first.</summary>
    public IReadOnlyList<Recalled<Episode>> Episodes { get; init; } = [];

    /// <summary>The earlier exchanges of the same conversation, oldest first.</summary>
    public IReadOnlyList<Episode> Session { get; init; } = [];

    /// <summary>Asks a memory for all of it at once.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="partition">Whose memory.</param>
    /// <param name="sessionId">The conversation that the prompt belongs to.</param>
    /// <param name="input">What the agent is asked.</param>
    /// <param name="options">How much to ask for.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public static async ValueTask<Recollection> GatherAsync(
        IMemory memory,
        PartitionKey partition,
        string sessionId,
        string input,
        MemoryInjectionOptions options,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(memory);
        ArgumentNullException.ThrowIfNull(options);

        // A query without text means the newest, which nobody asked for here. Episodes of this conversation are shown as messages, so some of
        // those recalled will be dropped: ask for as many more.
        var hasText = !string.IsNullOrWhiteSpace(input);
        var wanted = options.Episodes == 0 ? 0 : options.Episodes + options.SessionEpisodes;
        var blocks = memory.GetBlocksAsync(partition, cancellationToken).AsTask();
        var facts = hasText && options.Facts > 0
            ? memory.RecallFactsAsync(partition, new FactQuery(input, options.Facts), cancellationToken).AsTask()
            : Task.FromResult<IReadOnlyList<Recalled<Fact>>>([]);
        var episodes = hasText && wanted > 0
            ? memory.RecallAsync(partition, new RecallQuery(input, wanted), cancellationToken).AsTask()
            : Task.FromResult<IReadOnlyList<Recalled<Episode>>>([]);
        var session = options.SessionEpisodes > 0
            ? memory.GetSessionAsync(partition, sessionId, options.SessionEpisodes, cancellationToken).AsTask()
            : Task.FromResult<IReadOnlyList<Episode>>([]);
        await Task.WhenAll(blocks, facts, episodes, session).ConfigureAwait(false);
        return new Recollection
        {
            Blocks = await blocks.ConfigureAwait(false),
            Facts = await facts.ConfigureAwait(false),
            Episodes = await episodes.ConfigureAwait(false),
            Session = await session.ConfigureAwait(false),
        };
    }
}
