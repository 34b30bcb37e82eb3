namespace Aspire.Hosting.ApplicationModel;

public abstract class ProbeAnnotation : IResourceAnnotation
{
    public required ProbeType Type { get; init; }

    public int InitialDelaySeconds { get; init; }

    public int PeriodSeconds { get; init; }

    public int TimeoutSeconds { get; init; }

    public int SuccessThreshold { get; init; }

    public int FailureThreshold { get; init; }
}
