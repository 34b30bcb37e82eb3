using System.Net;
using System.Net.Sockets;

namespace Loomflow.Testing;

/// <summary>
/// Loopback ports that nothing listens on. They come from below the range that the system gives to outgoing connections, so that no
/// connection of another test takes one between our choice and the server's bind, or while a killed server is down; and each is given once.
/// </summary>
public static class FreePort
{
    private const int First = 12_000;
    private const int Count = 20_000;

    // Test processes that run side by side begin at different places.
    private static int s_next = Random.Shared.Next(Count);

    public static int Next()
    {
        for (var attempt = 0; attempt < Count; attempt++)
        {
            var port = First + (Interlocked.Increment(ref s_next) % Count);
            if (IsFree(port)) return port;
        }

        throw new InvalidOperationException($"No port from {First} to {First + Count - 1} is free.");
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
