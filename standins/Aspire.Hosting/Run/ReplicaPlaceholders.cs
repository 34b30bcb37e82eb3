namespace Aspire.Hosting.Run;

/// <summary>What environments and arguments hold in place of the values that differ between the replicas of one resource.</summary>
internal static class ReplicaPlaceholders
{
    public const string InstanceSuffix = "{{instance-suffix}}";

    public static string TargetPort(string endpointName) => $"{{{{target-port-{endpointName}}}}}";

    public static string Fill(string value, Replica replica)
    {
        if (!value.Contains("{{", StringComparison.Ordinal)) return value;

        value = value.Replace(InstanceSuffix, replica.Suffix, StringComparison.Ordinal);
        foreach (var (endpoint, port) in replica.Ports)
        {
            value = value.Replace(TargetPort(endpoint), port.Number.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }

        return value;
    }
}
