namespace StackExchange.Redis;

internal delegate T ReplyReader<out T>(in RespReply reply);

/// <summary>A command on its way to the server and back.</summary>
internal abstract class Message
{
    protected Message(int database, string command, RedisValue[] arguments)
    {
        foreach (ref readonly var argument in arguments.AsSpan())
            if (argument.IsNull) throw new ArgumentException($"A null key or value is not valid in this context: {command}");

        Database = database;
        Command = command;
        Arguments = arguments;
    }

    /// <summary>The database that it is for, or -1 where that does not matter.</summary>
    public int Database { get; }

    public string Command { get; }

    public RedisValue[] Arguments { get; }

    public long CreatedAt { get; } = Environment.TickCount64;

    public CommandStatus Status { get; set; } = CommandStatus.WaitingToBeSent;

    /// <summary>Whether the caller has its answer, by a reply or otherwise.</summary>
    public abstract bool IsCompleted { get; }

    public abstract void Complete(in RespReply reply);

    public abstract void Fail(Exception exception);

    public abstract void Cancel();
}
