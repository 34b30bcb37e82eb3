using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AgentWorker.Registration;

/// <summary>Knows, once the server has started, where its endpoint named <c>grpc</c> is bound.</summary>
internal sealed class BoundAddress : IConfigureOptions<KestrelServerOptions>
{
    private ListenOptions? _grpc;
    private bool _isHttps;

    public void Configure(KestrelServerOptions options) => options.ConfigurationLoader?.Endpoint("grpc", endpoint => (_grpc, _isHttps) = (endpoint.ListenOptions, endpoint.IsHttps));

    /// <summary>The address under which other machines reach the endpoint, as far as this one can tell.</summary>
    public Uri Get()
    {
        var bound = _grpc?.IPEndPoint ?? throw new InvalidOperationException(
            "There is no endpoint named 'grpc': declare Kestrel:Endpoints:grpc, or say in Worker:Address where this replica is reached.");
        var host = bound.Address.Equals(IPAddress.Any) || bound.Address.Equals(IPAddress.IPv6Any) ? OwnAddress() : bound.Address;
        return new UriBuilder(_isHttps ? Uri.UriSchemeHttps : Uri.UriSchemeHttp, host.ToString(), bound.Port).Uri;
    }

    private static IPAddress OwnAddress() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(network => network.OperationalStatus == OperationalStatus.Up && network.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Select(unicast => unicast.Address)
            .Where(address => !address.IsIPv6LinkLocal)
            .OrderBy(address => address.AddressFamily == AddressFamily.InterNetwork ? 0 : 1)
            .FirstOrDefault(IPAddress.Loopback);
}
