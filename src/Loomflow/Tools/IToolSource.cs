using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Where tools come from that are not known when the agent is written.</summary>
public interface IToolSource
{
    /// <summary>The tools that there are now. Asked at the start of every run, so it should answer from what it knows.</summary>
    ValueTask<IReadOnlyList<AIFunction>> ListAsync(CancellationToken cancellationToken = default);
}
