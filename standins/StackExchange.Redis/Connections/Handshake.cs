namespace StackExchange.Redis;

/// <summary>What is settled on a new connection before anybody uses it: protocol, who we are, that the server is ready.</summary>
internal sealed class Handshake(PhysicalConnection connection, ConfigurationOptions options, ConnectionType type)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var greeted = options.Protocol == RedisProtocol.Resp3 && await TryGreetAsync(cancellationToken);
        if (!greeted) await AuthenticateAsync(cancellationToken);
        await SetNameAsync(cancellationToken);
        await ConfirmReadyAsync(cancellationToken);
        if (type == ConnectionType.Interactive) await ReadVersionAsync(cancellationToken);
    }

    // A server older than RESP3 refuses HELLO; the connection then stays on RESP2.
    private async Task<bool> TryGreetAsync(CancellationToken cancellationToken)
    {
        RedisValue[] credentials = options.Password is { Length: > 0 } password
            ? ["AUTH", options.User is { Length: > 0 } user ? user : "default", password]
            : [];
        try
        {
            await connection.AskAsync(new Message<bool>(-1, "HELLO", [3, .. credentials], ReplyReaders.Any), cancellationToken);
            connection.Protocol = RedisProtocol.Resp3;
            return true;
        }
        catch (RedisServerException exception) when (IsAuthentication(exception))
        {
            throw Refused(exception);
        }
        catch (RedisServerException)
        {
            return false;
        }
    }

    private async Task AuthenticateAsync(CancellationToken cancellationToken)
    {
        if (options.Password is not { Length: > 0 } password) return;
        RedisValue[] credentials = options.User is { Length: > 0 } user ? [user, password] : [password];
        try
        {
            await connection.AskAsync(new Message<bool>(-1, "AUTH", credentials, ReplyReaders.Ok), cancellationToken);
        }
        catch (RedisServerException exception)
        {
            throw Refused(exception);
        }
    }

    private async Task SetNameAsync(CancellationToken cancellationToken)
    {
        try
        {
            var name = options.ClientName is { Length: > 0 } given ? given : Environment.MachineName;
            await connection.AskAsync(
                new Message<bool>(-1, "CLIENT", ["SETNAME", name.Replace(' ', '-')], ReplyReaders.Any), cancellationToken);
        }
        catch (RedisServerException)
        {
            // A name is a courtesy; an ACL may forbid it.
        }
    }

    private async Task ConfirmReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await connection.AskAsync(new Message<bool>(-1, "PING", [], ReplyReaders.Any), cancellationToken);
        }
        catch (RedisServerException exception) when (IsAuthentication(exception))
        {
            throw Refused(exception);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("LOADING", StringComparison.Ordinal))
        {
            throw new RedisConnectionException(ConnectionFailureType.Loading, exception.Message, exception);
        }
        catch (RedisServerException)
        {
            // An ACL may forbid PING too; that is an answer all the same.
        }
    }

    private async Task ReadVersionAsync(CancellationToken cancellationToken)
    {
        try
        {
            var info = await connection.AskAsync(new Message<string?>(-1, "INFO", ["server"], ReplyReaders.Text), cancellationToken);
            var line = info?.Split('\n').FirstOrDefault(line => line.StartsWith("redis_version:", StringComparison.Ordinal));
            if (Version.TryParse(line?["redis_version:".Length..].Trim(), out var version)) connection.ServerVersion = version;
        }
        catch (RedisServerException)
        {
            // Then the configured default version stands.
        }
    }

    private static bool IsAuthentication(RedisServerException exception) =>
        exception.Message.StartsWith("WRONGPASS", StringComparison.Ordinal)
        || exception.Message.StartsWith("NOAUTH", StringComparison.Ordinal)
        || exception.Message.Contains("without any password configured", StringComparison.Ordinal);

    private static RedisConnectionException Refused(RedisServerException exception) => new(
        ConnectionFailureType.AuthenticationFailure,
        $"The server refused the credentials, check user and password: {exception.Message}",
        exception);
}
