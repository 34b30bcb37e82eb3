namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public bool SortedSetAdd(RedisKey key, RedisValue member, double score, CommandFlags flags) =>
        Connection.WaitFor(SortedSetAddAsync(key, member, score, flags), nameof(SortedSetAdd));

    public bool SortedSetAdd(RedisKey key, RedisValue member, double score, When when, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetAddAsync(key, member, score, when, flags), nameof(SortedSetAdd));

    public bool SortedSetAdd(RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetAddAsync(key, member, score, when, flags), nameof(SortedSetAdd));

    public long SortedSetAdd(RedisKey key, SortedSetEntry[] values, CommandFlags flags) =>
        Connection.WaitFor(SortedSetAddAsync(key, values, flags), nameof(SortedSetAdd));

    public long SortedSetAdd(RedisKey key, SortedSetEntry[] values, When when, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetAddAsync(key, values, when, flags), nameof(SortedSetAdd));

    public long SortedSetAdd(RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetAddAsync(key, values, when, flags), nameof(SortedSetAdd));

    public RedisValue[] SortedSetCombine(SetOperation operation, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetCombineAsync(operation, keys, weights, aggregate, flags), nameof(SortedSetCombine));

    public long SortedSetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey first, RedisKey second, Aggregate aggregate = Aggregate.Sum, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetCombineAndStoreAsync(operation, destination, first, second, aggregate, flags), nameof(SortedSetCombineAndStore));

    public long SortedSetCombineAndStore(SetOperation operation, RedisKey destination, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetCombineAndStoreAsync(operation, destination, keys, weights, aggregate, flags), nameof(SortedSetCombineAndStore));

    public SortedSetEntry[] SortedSetCombineWithScores(SetOperation operation, RedisKey[] keys, double[]? weights = null, Aggregate aggregate = Aggregate.Sum, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetCombineWithScoresAsync(operation, keys, weights, aggregate, flags), nameof(SortedSetCombineWithScores));

    public double SortedSetDecrement(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetDecrementAsync(key, member, value, flags), nameof(SortedSetDecrement));

    public double SortedSetIncrement(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetIncrementAsync(key, member, value, flags), nameof(SortedSetIncrement));

    public long SortedSetLength(RedisKey key, double min = double.NegativeInfinity, double max = double.PositiveInfinity, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetLengthAsync(key, min, max, exclude, flags), nameof(SortedSetLength));

    public long SortedSetLengthByValue(RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetLengthByValueAsync(key, min, max, exclude, flags), nameof(SortedSetLengthByValue));

    public SortedSetEntry[] SortedSetPop(RedisKey key, long count, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetPopAsync(key, count, order, flags), nameof(SortedSetPop));

    public SortedSetEntry? SortedSetPop(RedisKey key, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetPopAsync(key, order, flags), nameof(SortedSetPop));

    public long SortedSetRangeAndStore(RedisKey sourceKey, RedisKey destinationKey, RedisValue start, RedisValue stop, SortedSetOrder sortedSetOrder = SortedSetOrder.ByRank, Exclude exclude = Exclude.None, Order order = Order.Ascending, long skip = 0, long? take = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeAndStoreAsync(sourceKey, destinationKey, start, stop, sortedSetOrder, exclude, order, skip, take, flags), nameof(SortedSetRangeAndStore));

    public RedisValue[] SortedSetRangeByRank(RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByRankAsync(key, start, stop, order, flags), nameof(SortedSetRangeByRank));

    public SortedSetEntry[] SortedSetRangeByRankWithScores(RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByRankWithScoresAsync(key, start, stop, order, flags), nameof(SortedSetRangeByRankWithScores));

    public RedisValue[] SortedSetRangeByScore(RedisKey key, double start = double.NegativeInfinity, double stop = double.PositiveInfinity, Exclude exclude = Exclude.None, Order order = Order.Ascending, long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByScoreAsync(key, start, stop, exclude, order, skip, take, flags), nameof(SortedSetRangeByScore));

    public SortedSetEntry[] SortedSetRangeByScoreWithScores(RedisKey key, double start = double.NegativeInfinity, double stop = double.PositiveInfinity, Exclude exclude = Exclude.None, Order order = Order.Ascending, long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByScoreWithScoresAsync(key, start, stop, exclude, order, skip, take, flags), nameof(SortedSetRangeByScoreWithScores));

    public RedisValue[] SortedSetRangeByValue(RedisKey key, RedisValue min = default, RedisValue max = default, Exclude exclude = Exclude.None, Order order = Order.Ascending, long skip = 0, long take = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByValueAsync(key, min, max, exclude, order, skip, take, flags), nameof(SortedSetRangeByValue));

    public RedisValue[] SortedSetRangeByValue(RedisKey key, RedisValue min, RedisValue max, Exclude exclude, long skip, long take = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRangeByValueAsync(key, min, max, exclude, skip, take, flags), nameof(SortedSetRangeByValue));

    public long? SortedSetRank(RedisKey key, RedisValue member, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRankAsync(key, member, order, flags), nameof(SortedSetRank));

    public bool SortedSetRemove(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRemoveAsync(key, member, flags), nameof(SortedSetRemove));

    public long SortedSetRemove(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRemoveAsync(key, members, flags), nameof(SortedSetRemove));

    public long SortedSetRemoveRangeByRank(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRemoveRangeByRankAsync(key, start, stop, flags), nameof(SortedSetRemoveRangeByRank));

    public long SortedSetRemoveRangeByScore(RedisKey key, double start, double stop, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRemoveRangeByScoreAsync(key, start, stop, exclude, flags), nameof(SortedSetRemoveRangeByScore));

    public long SortedSetRemoveRangeByValue(RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetRemoveRangeByValueAsync(key, min, max, exclude, flags), nameof(SortedSetRemoveRangeByValue));

    public double? SortedSetScore(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetScoreAsync(key, member, flags), nameof(SortedSetScore));

    public double?[] SortedSetScores(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetScoresAsync(key, members, flags), nameof(SortedSetScores));

    public bool SortedSetUpdate(RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetUpdateAsync(key, member, score, when, flags), nameof(SortedSetUpdate));

    public long SortedSetUpdate(RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(SortedSetUpdateAsync(key, values, when, flags), nameof(SortedSetUpdate));
}
