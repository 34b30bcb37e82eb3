namespace Aspire.Hosting.ApplicationModel;

public enum ProbeType
{
    Startup,
    Readiness,
    Liveness,
}
