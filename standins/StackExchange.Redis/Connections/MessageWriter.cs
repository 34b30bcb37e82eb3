namespace StackExchange.Redis;

/// <summary>Writes what a caller asked for to a connection: one command, or several that belong together.</summary>
internal static class MessageWriter
{
    public static async ValueTask WriteAsync(PhysicalConnection connection, Message message, CancellationToken cancellationToken)
    {
        try
        {
            await connection.ConfirmDatabaseAsync(message.Database, cancellationToken);
        }
        catch (RedisServerException exception)
        {
            message.Fail(new RedisCommandException($"The database does not exist on the server: {message.Database}", exception));
            return;
        }
        catch (Exception exception)
        {
            message.Fail(exception);
            throw;
        }

        switch (message)
        {
            case TransactionMessage transaction:
                await TransactionWriter.WriteAsync(connection, transaction, cancellationToken);
                break;
            case BatchMessage batch:
                foreach (var inner in batch.Messages)
                    if (!inner.IsCompleted) connection.Write(inner);
                break;
            default:
                connection.Write(message);
                break;
        }
    }
}
