namespace Loomflow;

/// <summary>
/// Completed work of earlier attempts, by place. An agent finds its journaled turns here, an inline step its result, so
/// that nothing completed is done again after a crash.
/// </summary>
public interface IRunHistory
{
    /// <summary>Events journaled at exactly <paramref name="path"/> during earlier attempts of this visit, in order; empty when there are none.</summary>
    IReadOnlyList<RunEvent> At(string path);
}
