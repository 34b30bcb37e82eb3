namespace StackExchange.Redis;

/// <summary>Commands that are written one after the other, with nothing of anybody else in between.</summary>
internal sealed class BatchMessage(int database, Message[] messages) : Message(database, "BATCH", [])
{
    public Message[] Messages { get; } = messages;

    public override bool IsCompleted => Array.TrueForAll(Messages, message => message.IsCompleted);

    public override void Complete(in RespReply reply) => throw new InvalidOperationException("A batch has no reply of its own.");

    public override void Fail(Exception exception)
    {
        foreach (var message in Messages) message.Fail(exception);
    }

    public override void Cancel()
    {
        foreach (var message in Messages) message.Cancel();
    }
}
