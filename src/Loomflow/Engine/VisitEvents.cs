namespace Loomflow;

/// <summary>The two events that every step has: made anew for a log that keeps them, used again for one that does not.</summary>
internal sealed class VisitEvents(IRunEventWriter log)
{
    private readonly StepStarted? _started = log.KeepsEvents ? null : new StepStarted();
    private readonly StepCompleted? _completed = log.KeepsEvents ? null : new StepCompleted();

    public StepStarted Started(string path, int visit, int attempt, Payload input) =>
        (_started ?? new StepStarted()).Of(path, visit, attempt, input);

    public StepCompleted Completed(NodeVisit visit, Payload output, Usage usage) =>
        (_completed ?? new StepCompleted()).Of(visit, output, usage);
}
