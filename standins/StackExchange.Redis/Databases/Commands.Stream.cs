namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<RedisValue> StreamAddAsync(
        RedisKey key,
        RedisValue streamField,
        RedisValue streamValue,
        RedisValue? messageId,
        int? maxLength,
        bool useApproximateMaxLength,
        CommandFlags flags) =>
        StreamAddAsync(key, streamField, streamValue, messageId, (long?)maxLength, useApproximateMaxLength, flags: flags);

    public Task<RedisValue> StreamAddAsync(
        RedisKey key,
        RedisValue streamField,
        RedisValue streamValue,
        RedisValue? messageId = null,
        long? maxLength = null,
        bool useApproximateMaxLength = false,
        long? limit = null,
        StreamTrimMode trimMode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None) =>
        StreamAddAsync(
            key, [new NameValueEntry(streamField, streamValue)], messageId, maxLength, useApproximateMaxLength, limit, trimMode, flags);

    public Task<RedisValue> StreamAddAsync(
        RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        StreamAddAsync(key, streamPairs, messageId, (long?)maxLength, useApproximateMaxLength, flags: flags);

    public Task<RedisValue> StreamAddAsync(
        RedisKey key,
        NameValueEntry[] streamPairs,
        RedisValue? messageId = null,
        long? maxLength = null,
        bool useApproximateMaxLength = false,
        long? limit = null,
        StreamTrimMode trimMode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None)
    {
        ArgumentNullException.ThrowIfNull(streamPairs);
        if (streamPairs.Length == 0) throw new ArgumentOutOfRangeException(nameof(streamPairs), "streamPairs must contain at least one item.");
        if (maxLength <= 0) throw new ArgumentOutOfRangeException(nameof(maxLength), "maxLength must be greater than 0.");
        return Send(
            "XADD",
            [
                key.Value,
                .. maxLength is { } length ? Trim("MAXLEN", length, useApproximateMaxLength, limit, trimMode) : [],
                messageId ?? "*",
                .. streamPairs.SelectMany(pair => (RedisValue[])[pair.Name, pair.Value]),
            ],
            ReplyReaders.Value,
            flags);
    }

    public Task<long> StreamDeleteAsync(RedisKey key, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Send("XDEL", [key.Value, .. NotEmpty(messageIds)], ReplyReaders.Int64, flags);

    public Task<StreamInfo> StreamInfoAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("XINFO", ["STREAM", key.Value], StreamReplyReaders.Info, flags);

    public Task<long> StreamLengthAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("XLEN", [key.Value], ReplyReaders.Int64, flags);

    public Task<StreamEntry[]> StreamRangeAsync(
        RedisKey key,
        RedisValue? minId = null,
        RedisValue? maxId = null,
        int? count = null,
        Order messageOrder = Order.Ascending,
        CommandFlags flags = CommandFlags.None)
    {
        var (from, to) = (minId ?? "-", maxId ?? "+");
        return messageOrder == Order.Ascending
            ? Send("XRANGE", [key.Value, from, to, .. Count(count)], StreamReplyReaders.Entries, flags, [])
            : Send("XREVRANGE", [key.Value, to, from, .. Count(count)], StreamReplyReaders.Entries, flags, []);
    }

    public Task<StreamEntry[]> StreamReadAsync(
        RedisKey key, RedisValue position, int? count = null, CommandFlags flags = CommandFlags.None) =>
        Send("XREAD", [.. Count(count), "STREAMS", key.Value, ReadPosition(position)], StreamReplyReaders.SingleStream, flags, []);

    public Task<RedisStream[]> StreamReadAsync(
        StreamPosition[] streamPositions, int? countPerStream = null, CommandFlags flags = CommandFlags.None) =>
        Send(
            "XREAD",
            [
                .. Count(countPerStream),
                "STREAMS",
                .. NotEmpty(streamPositions).Select(stream => stream.Key.Value),
                .. streamPositions.Select(stream => ReadPosition(stream.Position)),
            ],
            StreamReplyReaders.Streams,
            flags,
            []);

    public Task<long> StreamTrimAsync(RedisKey key, int maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        StreamTrimAsync(key, (long)maxLength, useApproximateMaxLength, flags: flags);

    public Task<long> StreamTrimAsync(
        RedisKey key,
        long maxLength,
        bool useApproximateMaxLength = false,
        long? limit = null,
        StreamTrimMode mode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        return Send("XTRIM", [key.Value, .. Trim("MAXLEN", maxLength, useApproximateMaxLength, limit, mode)], ReplyReaders.Int64, flags);
    }

    public Task<long> StreamTrimByMinIdAsync(
        RedisKey key,
        RedisValue minId,
        bool useApproximateMaxLength = false,
        long? limit = null,
        StreamTrimMode mode = StreamTrimMode.KeepReferences,
        CommandFlags flags = CommandFlags.None) =>
        Send("XTRIM", [key.Value, .. Trim("MINID", minId, useApproximateMaxLength, limit, mode)], ReplyReaders.Int64, flags);

    private static RedisValue[] Trim(string strategy, RedisValue threshold, bool approximate, long? limit, StreamTrimMode mode) =>
    [
        strategy,
        .. approximate ? (RedisValue[])["~"] : [],
        threshold,
        .. limit is { } most ? (RedisValue[])["LIMIT", most] : [],
        .. mode switch
        {
            StreamTrimMode.KeepReferences => [],
            StreamTrimMode.DeleteReferences => (RedisValue[])["DELREF"],
            StreamTrimMode.Acknowledged => ["ACKED"],
            _ => throw new ArgumentOutOfRangeException(nameof(mode)),
        },
    ];

    private static RedisValue[] Count(int? count) => count switch
    {
        null => [],
        <= 0 => throw new ArgumentOutOfRangeException(nameof(count), "count must be greater than 0."),
        _ => ["COUNT", count.Value],
    };

    private static RedisValue ReadPosition(RedisValue position) => position == StreamPosition.NewMessages
        ? throw new InvalidOperationException("StreamPosition.NewMessages cannot be used with StreamRead.")
        : position;

    private static T[] NotEmpty<T>(T[] items)
    {
        ArgumentNullException.ThrowIfNull(items);
        return items.Length > 0 ? items : throw new ArgumentOutOfRangeException(nameof(items), "At least one item is required.");
    }
}
