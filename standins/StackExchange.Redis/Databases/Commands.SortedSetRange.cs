namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<RedisValue[]> SortedSetRangeByRankAsync(
        RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Send(order == Order.Ascending ? "ZRANGE" : "ZREVRANGE", [key.Value, start, stop], ReplyReaders.Values, flags, []);

    public Task<SortedSetEntry[]> SortedSetRangeByRankWithScoresAsync(
        RedisKey key, long start = 0, long stop = -1, Order order = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Send(
            order == Order.Ascending ? "ZRANGE" : "ZREVRANGE", [key.Value, start, stop, "WITHSCORES"], ReplyReaders.SortedSetEntries, flags, []);

    public Task<RedisValue[]> SortedSetRangeByScoreAsync(
        RedisKey key,
        double start = double.NegativeInfinity,
        double stop = double.PositiveInfinity,
        Exclude exclude = Exclude.None,
        Order order = Order.Ascending,
        long skip = 0,
        long take = -1,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            order == Order.Ascending ? "ZRANGEBYSCORE" : "ZREVRANGEBYSCORE",
            [key.Value, .. ScoreBounds(start, stop, exclude, order), .. Limit(skip, take)],
            ReplyReaders.Values,
            flags,
            []);

    public Task<SortedSetEntry[]> SortedSetRangeByScoreWithScoresAsync(
        RedisKey key,
        double start = double.NegativeInfinity,
        double stop = double.PositiveInfinity,
        Exclude exclude = Exclude.None,
        Order order = Order.Ascending,
        long skip = 0,
        long take = -1,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            order == Order.Ascending ? "ZRANGEBYSCORE" : "ZREVRANGEBYSCORE",
            [key.Value, .. ScoreBounds(start, stop, exclude, order), "WITHSCORES", .. Limit(skip, take)],
            ReplyReaders.SortedSetEntries,
            flags,
            []);

    public Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key, RedisValue min, RedisValue max, Exclude exclude, long skip, long take = -1, CommandFlags flags = CommandFlags.None) =>
        SortedSetRangeByValueAsync(key, min, max, exclude, Order.Ascending, skip, take, flags);

    public Task<RedisValue[]> SortedSetRangeByValueAsync(
        RedisKey key,
        RedisValue min = default,
        RedisValue max = default,
        Exclude exclude = Exclude.None,
        Order order = Order.Ascending,
        long skip = 0,
        long take = -1,
        CommandFlags flags = CommandFlags.None)
    {
        if ((order == Order.Ascending) == (!max.IsNull && min.CompareTo(max) > 0)) (min, max, exclude) = (max, min, Swap(exclude));
        var (first, last) = order == Order.Ascending ? ("-", "+") : ("+", "-");
        return Send(
            order == Order.Ascending ? "ZRANGEBYLEX" : "ZREVRANGEBYLEX",
            [key.Value, Lex(min, exclude, Exclude.Start, first), Lex(max, exclude, Exclude.Stop, last), .. Limit(skip, take)],
            ReplyReaders.Values,
            flags,
            []);
    }

    public Task<long> SortedSetRangeAndStoreAsync(
        RedisKey sourceKey,
        RedisKey destinationKey,
        RedisValue start,
        RedisValue stop,
        SortedSetOrder sortedSetOrder = SortedSetOrder.ByRank,
        Exclude exclude = Exclude.None,
        Order order = Order.Ascending,
        long skip = 0,
        long? take = null,
        CommandFlags flags = CommandFlags.None)
    {
        RedisValue[] by = sortedSetOrder switch
        {
            SortedSetOrder.ByRank => [],
            SortedSetOrder.ByScore => ["BYSCORE"],
            SortedSetOrder.ByLex => ["BYLEX"],
            _ => throw new ArgumentOutOfRangeException(nameof(sortedSetOrder)),
        };
        return Send(
            "ZRANGESTORE",
            [
                destinationKey.Value,
                sourceKey.Value,
                Bound(start, sortedSetOrder, exclude, Exclude.Start, "-"),
                Bound(stop, sortedSetOrder, exclude, Exclude.Stop, "+"),
                .. by,
                .. order == Order.Descending ? (RedisValue[])["REV"] : [],
                .. Limit(skip, take ?? -1),
            ],
            ReplyReaders.Int64,
            flags);
    }

    // Whichever way round the caller names them, the bounds go in the order of the range.
    private static RedisValue[] ScoreBounds(double start, double stop, Exclude exclude, Order order)
    {
        if ((order == Order.Ascending) == (start > stop)) (start, stop, exclude) = (stop, start, Swap(exclude));
        return [Score(start, exclude, Exclude.Start), Score(stop, exclude, Exclude.Stop)];
    }

    private static Exclude Swap(Exclude exclude) => exclude switch
    {
        Exclude.Start => Exclude.Stop,
        Exclude.Stop => Exclude.Start,
        _ => exclude,
    };

    private static RedisValue Score(double value, Exclude exclude, Exclude side) =>
        (exclude & side) != 0 ? "(" + RedisNumber.Format(value) : value;

    private static RedisValue Lex(RedisValue value, Exclude exclude, Exclude side, string open) => value.IsNull
        ? open
        : (byte[])[(exclude & side) != 0 ? (byte)'(' : (byte)'[', .. (byte[])value!];

    private static RedisValue Bound(RedisValue value, SortedSetOrder by, Exclude exclude, Exclude side, string open) => by switch
    {
        SortedSetOrder.ByLex => Lex(value, exclude, side, open),
        SortedSetOrder.ByScore when (exclude & side) != 0 => "(" + value,
        _ => value,
    };

    private static RedisValue[] Limit(long skip, long take) => skip == 0 && take == -1 ? [] : ["LIMIT", skip, take];
}
