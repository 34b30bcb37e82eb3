namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

public sealed class Healthcheck
{
    public List<string> Test { get; set; } = [];

    public required string Interval { get; set; }

    public required string Timeout { get; set; }

    public int? Retries { get; set; }

    public required string StartPeriod { get; set; }
}
