namespace Loomflow;

/// <summary>
/// Completed work of earlier attempts, by place. An agent finds its journaled turns here, an inline step its result, so
/// that nothing completed is done again after a crash.
/// </summary>
public interface IRunHistory
{
    /// <summary>Events journaled at exactly <paramref name="path"/> during earlier attempts of this visit, in order; empty when there are none.</summary>
    IReadOnlyList<RunEvent> At(string path);

    /// <summary>
    /// What the code of a step wrote, at its place and below it, since the attempt <paramref name="attempt"/> of this visit began, in order,
    /// with the answers to its questions; <see langword="null"/> when the attempt had not begun before.
    /// </summary>
    IReadOnlyList<RunEvent>? Of(string path, int visit, int attempt) => null;
}
