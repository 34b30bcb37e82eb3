using System.Net;

namespace StackExchange.Redis;

public class ConnectionFailedEventArgs(
    object sender, EndPoint endPoint, ConnectionType connectionType, ConnectionFailureType failureType, Exception exception, string physicalName)
    : EventArgs
{
    internal object Sender { get; } = sender;

    public EndPoint? EndPoint { get; } = endPoint;

    public ConnectionType ConnectionType { get; } = connectionType;

    public ConnectionFailureType FailureType { get; } = failureType;

    public Exception? Exception { get; } = exception;

    public override string ToString() => physicalName;
}
