namespace StackExchange.Redis;

internal sealed class Message<T>(int database, string command, RedisValue[] arguments, ReplyReader<T> reader)
    : Message(database, command, arguments)
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<T> Task => _source.Task;

    public override bool IsCompleted => _source.Task.IsCompleted;

    public override void Complete(in RespReply reply)
    {
        if (reply.IsError)
        {
            Fail(new RedisServerException(reply.Text));
            return;
        }

        try
        {
            _source.TrySetResult(reader(reply));
        }
        catch (Exception exception)
        {
            Fail(new RedisException($"Unexpected response to {Command}: {reply}", exception));
        }
    }

    public override void Fail(Exception exception)
    {
        // Not every caller looks at its task: those of fire-and-forget commands never do.
        if (_source.TrySetException(exception)) _ = _source.Task.Exception;
    }

    public override void Cancel() => _source.TrySetCanceled();
}
