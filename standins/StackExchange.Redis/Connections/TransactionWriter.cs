namespace StackExchange.Redis;

/// <summary>
/// Writes a transaction: the watched keys and what is asked of them, the wait for the answers, then MULTI, the commands and
/// EXEC in one piece. Nothing else is written meanwhile, for a WATCH belongs to the connection.
/// </summary>
internal static class TransactionWriter
{
    public static async ValueTask WriteAsync(
        PhysicalConnection connection, TransactionMessage transaction, CancellationToken cancellationToken)
    {
        if (transaction.Conditions.Length > 0)
        {
            try
            {
                if (!await AskAsync(connection, transaction, cancellationToken))
                {
                    connection.Write(new Message<bool>(-1, "UNWATCH", [], ReplyReaders.Any));
                    transaction.Abort();
                    return;
                }
            }
            catch (Exception exception)
            {
                transaction.Fail(exception);
                if (exception is not (RedisException or TimeoutException)) throw;
                connection.Write(new Message<bool>(-1, "UNWATCH", [], ReplyReaders.Any));
                return;
            }
        }

        // With the database, so that a SELECT comes before it and does not count among the commands.
        connection.Write(new Message<bool>(transaction.Database, "MULTI", [], ReplyReaders.Any));
        foreach (var message in transaction.Messages)
        {
            message.Status = CommandStatus.Sent;
            // The reply to it here is only QUEUED; an error shows at EXEC, which is then refused.
            connection.WriteHere(new Message<bool>(transaction.Database, message.Command, message.Arguments, ReplyReaders.Any));
        }

        connection.WriteHere(transaction);
    }

    private static async ValueTask<bool> AskAsync(
        PhysicalConnection connection, TransactionMessage transaction, CancellationToken cancellationToken)
    {
        var questions = new List<Task<bool>>(transaction.Conditions.Length);
        foreach (var result in transaction.Conditions)
        {
            var condition = result.Condition;
            connection.Write(new Message<bool>(transaction.Database, "WATCH", [condition.Key.Value], ReplyReaders.Any));
            var question = condition.Ask(transaction.Database);
            connection.Write(question);
            questions.Add(question.Task);
        }

        await connection.FlushAsync(cancellationToken);
        var satisfied = true;
        for (var i = 0; i < questions.Count; i++)
        {
            transaction.Conditions[i].WasSatisfied = await questions[i].WaitAsync(cancellationToken);
            satisfied &= transaction.Conditions[i].WasSatisfied;
        }

        return satisfied;
    }
}
