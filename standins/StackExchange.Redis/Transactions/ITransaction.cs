namespace StackExchange.Redis;

/// <summary>Commands that are executed together or not at all; their tasks end after <see cref="ExecuteAsync"/>.</summary>
public interface ITransaction : IBatch
{
    /// <summary>Adds what must hold, when the commands are executed, for them to be.</summary>
    ConditionResult AddCondition(Condition condition);

    /// <summary>True if the commands were executed; false if a condition did not hold or a key that it reads has changed meanwhile.</summary>
    bool Execute(CommandFlags flags = CommandFlags.None);

    /// <inheritdoc cref="Execute(CommandFlags)"/>
    Task<bool> ExecuteAsync(CommandFlags flags = CommandFlags.None);
}
