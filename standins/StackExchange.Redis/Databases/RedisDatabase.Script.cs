namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public RedisResult ScriptEvaluate(byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ScriptEvaluateAsync(hash, keys, values, flags), nameof(ScriptEvaluate));

    public RedisResult ScriptEvaluate(string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ScriptEvaluateAsync(script, keys, values, flags), nameof(ScriptEvaluate));

    public RedisResult ScriptEvaluateReadOnly(byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ScriptEvaluateReadOnlyAsync(hash, keys, values, flags), nameof(ScriptEvaluateReadOnly));

    public RedisResult ScriptEvaluateReadOnly(string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ScriptEvaluateReadOnlyAsync(script, keys, values, flags), nameof(ScriptEvaluateReadOnly));
}
