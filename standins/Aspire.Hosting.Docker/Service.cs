using Aspire.Hosting.Docker.Resources.ServiceNodes;
using Aspire.Hosting.Docker.Resources.ServiceNodes.Swarm;

namespace Aspire.Hosting.Docker.Resources.ComposeNodes;

public sealed class Service
{
    public required string Name { get; set; }

    public string? User { get; set; }

    public string? Restart { get; set; }

    public Deploy? Deploy { get; set; }

    public List<Volume> Volumes { get; set; } = [];

    public Dictionary<string, string> Environment { get; set; } = [];

    public Service AddVolume(Volume volume)
    {
        Volumes.Add(volume);
        return this;
    }
}
