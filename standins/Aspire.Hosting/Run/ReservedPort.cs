using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Aspire.Hosting.Run;

/// <summary>A free port that stays ours until the process that is to use it starts.</summary>
internal sealed class ReservedPort : IDisposable
{
    // Below the range that systems take for outgoing connections, so that none of those can take the port between release and use.
    private const int First = 20_000;
    private const int Last = 32_000;

    private readonly Socket? _socket;

    private ReservedPort(int number, Socket? socket)
    {
        Number = number;
        _socket = socket;
    }

    public int Number { get; }

    /// <summary>A port that the model asked for; whether it is free shows when the process starts.</summary>
    public static ReservedPort Fixed(int port) => new(port, null);

    public static ReservedPort Allocate()
    {
        for (var attempt = 0; attempt < 1_000; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ExclusiveAddressUse = true };
            var port = RandomNumberGenerator.GetInt32(First, Last);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return new ReservedPort(port, socket);
            }
            catch (SocketException)
            {
                socket.Dispose();
            }
        }

        throw new DistributedApplicationException($"No free port found between {First} and {Last}.");
    }

    public void Dispose() => _socket?.Dispose();
}
