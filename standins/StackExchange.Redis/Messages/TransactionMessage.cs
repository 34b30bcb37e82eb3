namespace StackExchange.Redis;

/// <summary>The EXEC of a transaction, which carries what comes before it.</summary>
internal sealed class TransactionMessage(int database, ConditionResult[] conditions, Message[] messages) : Message(database, "EXEC", [])
{
    private readonly TaskCompletionSource<bool> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConditionResult[] Conditions { get; } = conditions;

    public Message[] Messages { get; } = messages;

    public Task<bool> Task => _source.Task;

    public override bool IsCompleted => _source.Task.IsCompleted;

    public override void Complete(in RespReply reply)
    {
        if (reply.IsError)
        {
            Fail(new RedisServerException(reply.Text));
        }
        else if (reply.IsArray && reply.Items.Length == Messages.Length)
        {
            for (var i = 0; i < Messages.Length; i++) Messages[i].Complete(reply.Items[i]);
            _source.TrySetResult(true);
        }
        else
        {
            // A watched key has changed.
            Abort();
        }
    }

    /// <summary>Ends the transaction undone: a condition does not hold.</summary>
    public void Abort()
    {
        foreach (var message in Messages) message.Cancel();
        _source.TrySetResult(false);
    }

    public override void Fail(Exception exception)
    {
        foreach (var message in Messages) message.Fail(exception);
        if (_source.TrySetException(exception)) _ = _source.Task.Exception;
    }

    public override void Cancel()
    {
        foreach (var message in Messages) message.Cancel();
        _source.TrySetCanceled();
    }
}
