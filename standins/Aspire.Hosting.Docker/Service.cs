using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

public sealed class Service : NamedComposeMember
{
    public string? Image { get; set; }

    public List<string> Command { get; set; } = [];

    public List<string> Entrypoint { get; set; } = [];

    public Dictionary<string, string> Environment { get; set; } = [];

    public List<string> Ports { get; set; } = [];

    public List<string> Expose { get; set; } = [];

    public List<Volume> Volumes { get; set; } = [];

    public Dictionary<string, ServiceDependency> DependsOn { get; set; } = [];

    public string? User { get; set; }

    public List<string> Networks { get; set; } = [];

    public string? Restart { get; set; }

    public Deploy? Deploy { get; set; }

    public Healthcheck? Healthcheck { get; set; }

    public List<string> CapDrop { get; set; } = [];

    public bool? ReadOnly { get; set; }

    public List<string> SecurityOpt { get; set; } = [];

    public string? StopGracePeriod { get; set; }

    public List<string> Tmpfs { get; set; } = [];

    public Service AddVolume(Volume volume)
    {
        Volumes.Add(volume);
        return this;
    }
}
