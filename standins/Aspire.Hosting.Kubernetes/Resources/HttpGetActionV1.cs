namespace Aspire.Hosting.Kubernetes.Resources;

public sealed class HttpGetActionV1
{
    public string Scheme { get; set; } = null!;

    public string Path { get; set; } = null!;

    public Int32OrStringV1? Port { get; set; }
}
