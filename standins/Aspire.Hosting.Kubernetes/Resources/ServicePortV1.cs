namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class ServicePortV1
{
    public string Name { get; set; } = null!;

    public string Protocol { get; set; } = "TCP";

    public Int32OrStringV1 Port { get; set; } = null!;

    public Int32OrStringV1 TargetPort { get; set; } = null!;
}
