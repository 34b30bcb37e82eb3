namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<RedisResult> ScriptEvaluateAsync(
        string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        EvaluateAsync("EVAL", script, ScriptArguments(keys, values), flags);

    public Task<RedisResult> ScriptEvaluateAsync(
        byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Send<RedisResult>("EVALSHA", [System.Convert.ToHexStringLower(hash), .. ScriptArguments(keys, values)], ReplyReaders.Result, flags);

    public Task<RedisResult> ScriptEvaluateReadOnlyAsync(
        string script, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        EvaluateAsync("EVAL_RO", script, ScriptArguments(keys, values), flags);

    public Task<RedisResult> ScriptEvaluateReadOnlyAsync(
        byte[] hash, RedisKey[]? keys = null, RedisValue[]? values = null, CommandFlags flags = CommandFlags.None) =>
        Send<RedisResult>("EVALSHA_RO", [System.Convert.ToHexStringLower(hash), .. ScriptArguments(keys, values)], ReplyReaders.Result, flags);

    /// <summary>Runs the script by its text. What can wait for the answer first tries its hash.</summary>
    protected virtual Task<RedisResult> EvaluateAsync(string command, string script, RedisValue[] arguments, CommandFlags flags) =>
        Send<RedisResult>(command, [script, .. arguments], ReplyReaders.Result, flags);

    private static RedisValue[] ScriptArguments(RedisKey[]? keys, RedisValue[]? values) =>
        [keys?.Length ?? 0, .. Values(keys ?? []), .. values ?? []];
}
