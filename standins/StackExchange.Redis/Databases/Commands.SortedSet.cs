namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, CommandFlags flags) =>
        SortedSetAddAsync(key, member, score, SortedSetWhen.Always, flags);

    public Task<bool> SortedSetAddAsync(RedisKey key, RedisValue member, double score, When when, CommandFlags flags = CommandFlags.None) =>
        SortedSetAddAsync(key, member, score, Convert(when), flags);

    public Task<bool> SortedSetAddAsync(
        RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Send("ZADD", [key.Value, .. Tokens(when), score, member], ReplyReaders.Boolean, flags);

    public Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, CommandFlags flags) =>
        SortedSetAddAsync(key, values, SortedSetWhen.Always, flags);

    public Task<long> SortedSetAddAsync(RedisKey key, SortedSetEntry[] values, When when, CommandFlags flags = CommandFlags.None) =>
        SortedSetAddAsync(key, values, Convert(when), flags);

    public Task<long> SortedSetAddAsync(
        RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        AddEntries(key, values, Tokens(when), flags);

    public Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation,
        RedisKey destination,
        RedisKey first,
        RedisKey second,
        Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None) =>
        SortedSetCombineAndStoreAsync(operation, destination, [first, second], null, aggregate, flags);

    public Task<long> SortedSetCombineAndStoreAsync(
        SetOperation operation,
        RedisKey destination,
        RedisKey[] keys,
        double[]? weights = null,
        Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None) =>
        Send($"Z{Name(operation)}STORE", [destination.Value, .. Combination(keys, weights, aggregate)], ReplyReaders.Int64, flags);

    public Task<RedisValue[]> SortedSetCombineAsync(
        SetOperation operation,
        RedisKey[] keys,
        double[]? weights = null,
        Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None) =>
        Send($"Z{Name(operation)}", Combination(keys, weights, aggregate), ReplyReaders.Values, flags, []);

    public Task<SortedSetEntry[]> SortedSetCombineWithScoresAsync(
        SetOperation operation,
        RedisKey[] keys,
        double[]? weights = null,
        Aggregate aggregate = Aggregate.Sum,
        CommandFlags flags = CommandFlags.None) =>
        Send($"Z{Name(operation)}", [.. Combination(keys, weights, aggregate), "WITHSCORES"], ReplyReaders.SortedSetEntries, flags, []);

    public Task<double> SortedSetDecrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None) =>
        SortedSetIncrementAsync(key, member, -value, flags);

    public Task<double> SortedSetIncrementAsync(RedisKey key, RedisValue member, double value, CommandFlags flags = CommandFlags.None) =>
        Send("ZINCRBY", [key.Value, value, member], ReplyReaders.Double, flags);

    public Task<long> SortedSetLengthAsync(
        RedisKey key,
        double min = double.NegativeInfinity,
        double max = double.PositiveInfinity,
        Exclude exclude = Exclude.None,
        CommandFlags flags = CommandFlags.None) =>
        double.IsNegativeInfinity(min) && double.IsPositiveInfinity(max)
            ? Send("ZCARD", [key.Value], ReplyReaders.Int64, flags)
            : Send("ZCOUNT", [key.Value, Score(min, exclude, Exclude.Start), Score(max, exclude, Exclude.Stop)], ReplyReaders.Int64, flags);

    public Task<long> SortedSetLengthByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Send(
            "ZLEXCOUNT",
            [key.Value, Lex(min, exclude, Exclude.Start, "-"), Lex(max, exclude, Exclude.Stop, "+")],
            ReplyReaders.Int64,
            flags);

    public Task<SortedSetEntry?> SortedSetPopAsync(RedisKey key, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Send(order == Order.Ascending ? "ZPOPMIN" : "ZPOPMAX", [key.Value], ReplyReaders.SortedSetEntry, flags);

    public Task<SortedSetEntry[]> SortedSetPopAsync(
        RedisKey key, long count, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        count == 0
            ? Task.FromResult(Array.Empty<SortedSetEntry>())
            : Send(order == Order.Ascending ? "ZPOPMIN" : "ZPOPMAX", [key.Value, count], ReplyReaders.SortedSetEntries, flags, []);

    public Task<long?> SortedSetRankAsync(
        RedisKey key, RedisValue member, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Send(order == Order.Ascending ? "ZRANK" : "ZREVRANK", [key.Value, member], ReplyReaders.NullableInt64, flags);

    public Task<bool> SortedSetRemoveAsync(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None) =>
        Send("ZREM", [key.Value, member], ReplyReaders.Boolean, flags);

    public Task<long> SortedSetRemoveAsync(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(members);
        return members.Length == 0 ? Task.FromResult(0L) : Send("ZREM", [key.Value, .. members], ReplyReaders.Int64, flags);
    }

    public Task<long> SortedSetRemoveRangeByRankAsync(RedisKey key, long start, long stop, CommandFlags flags = CommandFlags.None) =>
        Send("ZREMRANGEBYRANK", [key.Value, start, stop], ReplyReaders.Int64, flags);

    public Task<long> SortedSetRemoveRangeByScoreAsync(
        RedisKey key, double start, double stop, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Send(
            "ZREMRANGEBYSCORE",
            [key.Value, Score(start, exclude, Exclude.Start), Score(stop, exclude, Exclude.Stop)],
            ReplyReaders.Int64,
            flags);

    public Task<long> SortedSetRemoveRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude = Exclude.None, CommandFlags flags = CommandFlags.None) =>
        Send(
            "ZREMRANGEBYLEX",
            [key.Value, Lex(min, exclude, Exclude.Start, "-"), Lex(max, exclude, Exclude.Stop, "+")],
            ReplyReaders.Int64,
            flags);

    public IAsyncEnumerable<SortedSetEntry> SortedSetScanAsync(
        RedisKey key,
        RedisValue pattern = default,
        int pageSize = 250,
        long cursor = 0,
        int pageOffset = 0,
        CommandFlags flags = CommandFlags.None) =>
        ScanAsync("ZSCAN", [key.Value], pattern, pageSize, cursor, pageOffset, ReplyReaders.SortedSetEntries, flags);

    public Task<double?> SortedSetScoreAsync(RedisKey key, RedisValue member, CommandFlags flags = CommandFlags.None) =>
        Send("ZSCORE", [key.Value, member], ReplyReaders.NullableDouble, flags);

    public Task<double?[]> SortedSetScoresAsync(RedisKey key, RedisValue[] members, CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(members);
        return members.Length == 0
            ? Task.FromResult(Array.Empty<double?>())
            : Send("ZMSCORE", [key.Value, .. members], ReplyReaders.NullableDoubles, flags, []);
    }

    public Task<bool> SortedSetUpdateAsync(
        RedisKey key, RedisValue member, double score, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        Send("ZADD", [key.Value, .. Tokens(when), "CH", score, member], ReplyReaders.Boolean, flags);

    public Task<long> SortedSetUpdateAsync(
        RedisKey key, SortedSetEntry[] values, SortedSetWhen when = SortedSetWhen.Always, CommandFlags flags = CommandFlags.None) =>
        AddEntries(key, values, [.. Tokens(when), "CH"], flags);

    private Task<long> AddEntries(RedisKey key, SortedSetEntry[] values, RedisValue[] tokens, CommandFlags flags)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.Length == 0
            ? Task.FromResult(0L)
            : Send(
                "ZADD",
                [key.Value, .. tokens, .. values.SelectMany(entry => (RedisValue[])[entry.Score, entry.Element])],
                ReplyReaders.Int64,
                flags);
    }

    private static RedisValue[] Combination(RedisKey[] keys, double[]? weights, Aggregate aggregate) =>
    [
        keys.Length,
        .. Values(keys),
        .. weights is null ? [] : (RedisValue[])["WEIGHTS", .. weights],
        .. aggregate == Aggregate.Sum ? [] : (RedisValue[])["AGGREGATE", aggregate == Aggregate.Min ? "MIN" : "MAX"],
    ];

    private static SortedSetWhen Convert(When when) => when switch
    {
        When.Always => SortedSetWhen.Always,
        When.Exists => SortedSetWhen.Exists,
        When.NotExists => SortedSetWhen.NotExists,
        _ => throw new ArgumentOutOfRangeException(nameof(when)),
    };

    private static RedisValue[] Tokens(SortedSetWhen when) =>
    [
        .. (when & SortedSetWhen.NotExists) != 0 ? (RedisValue[])["NX"] : [],
        .. (when & SortedSetWhen.Exists) != 0 ? (RedisValue[])["XX"] : [],
        .. (when & SortedSetWhen.GreaterThan) != 0 ? (RedisValue[])["GT"] : [],
        .. (when & SortedSetWhen.LessThan) != 0 ? (RedisValue[])["LT"] : [],
    ];
}
