using Aspire.Hosting.Docker.Resources.ComposeNodes;

namespace Aspire.Hosting.Docker.Resources.ServiceNodes;

public sealed class Volume : NamedComposeMember
{
    public string? Type { get; set; }

    public string? Target { get; set; }

    public string? Source { get; set; }

    public bool? ReadOnly { get; set; }

    public string? Driver { get; set; }
}
