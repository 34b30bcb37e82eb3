using System.Net;

namespace StackExchange.Redis;

/// <summary>Makes connections: socket, TLS, handshake, all within the connect timeout.</summary>
internal sealed class Connector(ConnectionMultiplexer multiplexer, ConfigurationOptions options, ConnectionType type)
{
    /// <exception cref="RedisConnectionException">The server is not reached, does not answer in time, or does not let us in.</exception>
    public async Task<PhysicalConnection> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(options.ConnectTimeout);
        try
        {
            var stream = await Transport.ConnectAsync(endPoint, options, type, timeout.Token);
            var connection = new PhysicalConnection(stream, endPoint, type == ConnectionType.Subscription, multiplexer.Subscriptions.Publish);
            connection.StartReading();
            try
            {
                await new Handshake(connection, options, type).RunAsync(timeout.Token);
                return connection;
            }
            catch (Exception exception)
            {
                var cause = connection.Failure ?? exception;
                await connection.DisposeAsync();
                throw cause is OperationCanceledException ? exception : cause;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new RedisConnectionException(
                ConnectionFailureType.UnableToConnect,
                $"{EndPointCollection.ToString(endPoint)} did not answer within the connect timeout of {options.ConnectTimeout} ms.");
        }
        catch (Exception exception) when (exception is not (RedisConnectionException or OperationCanceledException))
        {
            var failure = exception is System.Security.Authentication.AuthenticationException
                ? ConnectionFailureType.AuthenticationFailure
                : ConnectionFailureType.UnableToConnect;
            throw new RedisConnectionException(failure, $"{failure} on {EndPointCollection.ToString(endPoint)}: {exception.Message}", exception);
        }
    }
}
