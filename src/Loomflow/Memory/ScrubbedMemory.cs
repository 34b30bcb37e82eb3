using System.Text;
using Loomflow.Security;

namespace Loomflow;

/// <summary>A memory that keeps no secrets: they are taken out of what is written into it.</summary>
public sealed class ScrubbedMemory : DelegatingMemory
{
    private readonly SecretScrubber _scrubber;

    /// <summary>Takes secrets out of what is written into a memory.</summary>
    public ScrubbedMemory(IMemory inner, SecretScrubber scrubber)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(scrubber);
        (Inner, _scrubber) = (inner, scrubber);
    }

    /// <inheritdoc />
    protected override IMemory Inner { get; }

    internal IMemory Scrubbed => Inner;

    /// <inheritdoc />
    public override ValueTask SetBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        base.SetBlockAsync(partition, _scrubber.ScrubId(name), _scrubber.Scrub(content), cancellationToken);

    /// <inheritdoc />
    public override ValueTask AppendBlockAsync(PartitionKey partition, string name, string content, CancellationToken cancellationToken = default) =>
        base.AppendBlockAsync(partition, _scrubber.ScrubId(name), _scrubber.Scrub(content), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<bool> RemoveBlockAsync(PartitionKey partition, string name, CancellationToken cancellationToken = default) =>
        base.RemoveBlockAsync(partition, _scrubber.ScrubId(name), cancellationToken);

    /// <inheritdoc />
    public override ValueTask RememberAsync(PartitionKey partition, Episode episode, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(episode);
        return base.RememberAsync(
            partition,
            episode with
            {
                Id = _scrubber.ScrubId(episode.Id),
                SessionId = _scrubber.ScrubId(episode.SessionId),
                Input = _scrubber.Scrub(episode.Input),
                Output = _scrubber.Scrub(episode.Output),
                ToolCalls =
                [
                    .. episode.ToolCalls.Select(call => call with
                    {
                        CallId = _scrubber.ScrubId(call.CallId),
                        Arguments = Encoding.UTF8.GetString(_scrubber.ScrubJson(Encoding.UTF8.GetBytes(call.Arguments))),
                        Result = Encoding.UTF8.GetString(_scrubber.ScrubJson(Encoding.UTF8.GetBytes(call.Result))),
                    }),
                ],
            },
            cancellationToken);
    }

    /// <inheritdoc />
    public override ValueTask<IReadOnlyList<Episode>> GetSessionAsync(PartitionKey partition, string sessionId, int limit = 10, CancellationToken cancellationToken = default) =>
        base.GetSessionAsync(partition, _scrubber.ScrubId(sessionId), limit, cancellationToken);

    /// <inheritdoc />
    public override ValueTask<Fact> LearnAsync(PartitionKey partition, Fact fact, CancellationToken cancellationToken = default) =>
        base.LearnAsync(partition, Scrub(fact), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<Fact?> LearnFromAsync(PartitionKey partition, string episodeId, Fact fact, CancellationToken cancellationToken = default) =>
        base.LearnFromAsync(partition, _scrubber.ScrubId(episodeId), Scrub(fact), cancellationToken);

    /// <inheritdoc />
    public override ValueTask<ForgetReceipt> ForgetAsync(PartitionKey partition, ForgetScope? scope = null, CancellationToken cancellationToken = default) =>
        base.ForgetAsync(partition, scope is null ? null : scope with { SessionId = Id(scope.SessionId), EpisodeId = Id(scope.EpisodeId) }, cancellationToken);

    private string? Id(string? id) => id is null ? null : _scrubber.ScrubId(id);

    private Fact Scrub(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);

        // "My password is …": the relation says what its object is.
        var holdsSecret = _scrubber.IsSecretName(fact.Predicate);
        return fact with { Subject = _scrubber.Scrub(fact.Subject), Predicate = _scrubber.Scrub(fact.Predicate), Object = holdsSecret ? SecretScrubber.Marker : _scrubber.Scrub(fact.Object) };
    }
}
