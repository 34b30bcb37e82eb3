namespace Loomflow;

/// <summary>Judges a finished answer: <see langword="null"/> lets the agent stop, a message sends it back to work with that message from the user.</summary>
/// <param name="output">The answer.</param>
/// <param name="iteration">How often stop hooks have sent it back already.</param>
/// <param name="cancellationToken">Cancels with the run.</param>
public delegate ValueTask<string?> StopHook(string output, int iteration, CancellationToken cancellationToken);
