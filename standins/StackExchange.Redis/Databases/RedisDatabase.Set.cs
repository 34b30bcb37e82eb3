namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public bool SetAdd(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetAddAsync(key, value, flags), nameof(SetAdd));

    public long SetAdd(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetAddAsync(key, values, flags), nameof(SetAdd));

    public RedisValue[] SetCombine(SetOperation operation, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetCombineAsync(operation, first, second, flags), nameof(SetCombine));

    public RedisValue[] SetCombine(SetOperation operation, RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetCombineAsync(operation, keys, flags), nameof(SetCombine));

    public long SetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetCombineAndStoreAsync(operation, destination, first, second, flags), nameof(SetCombineAndStore));

    public long SetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey[] keys, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetCombineAndStoreAsync(operation, destination, keys, flags), nameof(SetCombineAndStore));

    public bool SetContains(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetContainsAsync(key, value, flags), nameof(SetContains));

    public bool[] SetContains(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetContainsAsync(key, values, flags), nameof(SetContains));

    public long SetIntersectionLength(RedisKey[] keys, long limit = 0, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetIntersectionLengthAsync(keys, limit, flags), nameof(SetIntersectionLength));

    public long SetLength(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetLengthAsync(key, flags), nameof(SetLength));

    public RedisValue[] SetMembers(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetMembersAsync(key, flags), nameof(SetMembers));

    public bool SetMove(RedisKey source, RedisKey destination, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetMoveAsync(source, destination, value, flags), nameof(SetMove));

    public RedisValue[] SetPop(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetPopAsync(key, count, flags), nameof(SetPop));

    public RedisValue SetPop(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetPopAsync(key, flags), nameof(SetPop));

    public RedisValue SetRandomMember(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetRandomMemberAsync(key, flags), nameof(SetRandomMember));

    public RedisValue[] SetRandomMembers(RedisKey key, long count, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetRandomMembersAsync(key, count, flags), nameof(SetRandomMembers));

    public bool SetRemove(RedisKey key, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetRemoveAsync(key, value, flags), nameof(SetRemove));

    public long SetRemove(RedisKey key, RedisValue[] values, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SetRemoveAsync(key, values, flags), nameof(SetRemove));
}
