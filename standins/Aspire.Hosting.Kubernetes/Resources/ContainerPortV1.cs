namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ContainerPortV1
{
    public string Name { get; set; } = null!;

    public string Protocol { get; set; } = "TCP";

    public Int32OrStringV1 ContainerPort { get; set; } = null!;
}
