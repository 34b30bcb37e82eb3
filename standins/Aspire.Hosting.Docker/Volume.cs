namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

public sealed class Volume
{
    public required string Name { get; set; }

    public string? Type { get; set; }

    public string? Target { get; set; }

    public string? Source { get; set; }

    public bool? ReadOnly { get; set; }

    public string? Driver { get; set; }
}
