namespace StackExchange.Redis;

internal abstract partial class Commands
{
    public Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue messageId, CommandFlags flags = CommandFlags.None) =>
        StreamAcknowledgeAsync(key, groupName, [messageId], flags);

    public Task<long> StreamAcknowledgeAsync(RedisKey key, RedisValue groupName, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Send("XACK", [key.Value, groupName, .. NotEmpty(messageIds)], ReplyReaders.Int64, flags);

    public Task<StreamAutoClaimResult> StreamAutoClaimAsync(
        RedisKey key,
        RedisValue consumerGroup,
        RedisValue claimingConsumer,
        long minIdleTimeInMs,
        RedisValue startAtId,
        int? count = null,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XAUTOCLAIM",
            [key.Value, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, .. Count(count)],
            StreamReplyReaders.AutoClaim,
            flags,
            StreamAutoClaimResult.Null);

    public Task<StreamAutoClaimIdsOnlyResult> StreamAutoClaimIdsOnlyAsync(
        RedisKey key,
        RedisValue consumerGroup,
        RedisValue claimingConsumer,
        long minIdleTimeInMs,
        RedisValue startAtId,
        int? count = null,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XAUTOCLAIM",
            [key.Value, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, .. Count(count), "JUSTID"],
            StreamReplyReaders.AutoClaimIds,
            flags,
            StreamAutoClaimIdsOnlyResult.Null);

    public Task<StreamEntry[]> StreamClaimAsync(
        RedisKey key,
        RedisValue consumerGroup,
        RedisValue claimingConsumer,
        long minIdleTimeInMs,
        RedisValue[] messageIds,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XCLAIM",
            [key.Value, consumerGroup, claimingConsumer, minIdleTimeInMs, .. NotEmpty(messageIds)],
            StreamReplyReaders.Entries,
            flags,
            []);

    public Task<RedisValue[]> StreamClaimIdsOnlyAsync(
        RedisKey key,
        RedisValue consumerGroup,
        RedisValue claimingConsumer,
        long minIdleTimeInMs,
        RedisValue[] messageIds,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XCLAIM",
            [key.Value, consumerGroup, claimingConsumer, minIdleTimeInMs, .. NotEmpty(messageIds), "JUSTID"],
            ReplyReaders.Values,
            flags,
            []);

    public Task<bool> StreamConsumerGroupSetPositionAsync(
        RedisKey key, RedisValue groupName, RedisValue position, CommandFlags flags = CommandFlags.None) =>
        Send("XGROUP", ["SETID", key.Value, groupName, position], ReplyReaders.Boolean, flags);

    public Task<StreamConsumerInfo[]> StreamConsumerInfoAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Send("XINFO", ["CONSUMERS", key.Value, groupName], StreamReplyReaders.Consumers, flags, []);

    public Task<bool> StreamCreateConsumerGroupAsync(RedisKey key, RedisValue groupName, RedisValue? position, CommandFlags flags) =>
        StreamCreateConsumerGroupAsync(key, groupName, position, createStream: true, flags);

    public Task<bool> StreamCreateConsumerGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue? position = null, bool createStream = true, CommandFlags flags = CommandFlags.None) =>
        Send(
            "XGROUP",
            ["CREATE", key.Value, groupName, position ?? StreamPosition.NewMessages, .. createStream ? (RedisValue[])["MKSTREAM"] : []],
            ReplyReaders.Boolean,
            flags);

    public Task<long> StreamDeleteConsumerAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, CommandFlags flags = CommandFlags.None) =>
        Send("XGROUP", ["DELCONSUMER", key.Value, groupName, consumerName], ReplyReaders.Int64, flags);

    public Task<bool> StreamDeleteConsumerGroupAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Send("XGROUP", ["DESTROY", key.Value, groupName], ReplyReaders.Boolean, flags);

    public Task<StreamGroupInfo[]> StreamGroupInfoAsync(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Send("XINFO", ["GROUPS", key.Value], StreamReplyReaders.Groups, flags, []);

    public Task<StreamPendingInfo> StreamPendingAsync(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Send("XPENDING", [key.Value, groupName], StreamReplyReaders.Pending, flags);

    public Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId, RedisValue? maxId, CommandFlags flags) =>
        StreamPendingMessagesAsync(key, groupName, count, consumerName, minId, maxId, null, flags);

    public Task<StreamPendingMessageInfo[]> StreamPendingMessagesAsync(
        RedisKey key,
        RedisValue groupName,
        int count,
        RedisValue consumerName,
        RedisValue? minId = null,
        RedisValue? maxId = null,
        long? minIdleTimeInMs = null,
        CommandFlags flags = CommandFlags.None)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return Send(
            "XPENDING",
            [
                key.Value,
                groupName,
                .. minIdleTimeInMs is { } idle ? (RedisValue[])["IDLE", idle] : [],
                minId ?? "-",
                maxId ?? "+",
                count,
                .. consumerName.IsNull ? [] : (RedisValue[])[consumerName],
            ],
            StreamReplyReaders.PendingMessages,
            flags,
            []);
    }

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, CommandFlags flags) =>
        StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck: false, claimMinIdleTime: null, flags);

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, bool noAck, CommandFlags flags) =>
        StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck, claimMinIdleTime: null, flags);

    public Task<StreamEntry[]> StreamReadGroupAsync(
        RedisKey key,
        RedisValue groupName,
        RedisValue consumerName,
        RedisValue? position = null,
        int? count = null,
        bool noAck = false,
        TimeSpan? claimMinIdleTime = null,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XREADGROUP",
            [
                .. ReadGroup(groupName, consumerName, count, noAck, claimMinIdleTime),
                "STREAMS",
                key.Value,
                ReadGroupPosition(position ?? StreamPosition.NewMessages),
            ],
            StreamReplyReaders.SingleStream,
            flags,
            []);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, CommandFlags flags) =>
        StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck: false, claimMinIdleTime: null, flags);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck, CommandFlags flags) =>
        StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck, claimMinIdleTime: null, flags);

    public Task<RedisStream[]> StreamReadGroupAsync(
        StreamPosition[] streamPositions,
        RedisValue groupName,
        RedisValue consumerName,
        int? countPerStream = null,
        bool noAck = false,
        TimeSpan? claimMinIdleTime = null,
        CommandFlags flags = CommandFlags.None) =>
        Send(
            "XREADGROUP",
            [
                .. ReadGroup(groupName, consumerName, countPerStream, noAck, claimMinIdleTime),
                "STREAMS",
                .. NotEmpty(streamPositions).Select(stream => stream.Key.Value),
                .. streamPositions.Select(stream => ReadGroupPosition(stream.Position)),
            ],
            StreamReplyReaders.Streams,
            flags,
            []);

    private static RedisValue[] ReadGroup(RedisValue group, RedisValue consumer, int? count, bool noAck, TimeSpan? claimMinIdleTime) =>
    [
        "GROUP",
        group,
        consumer,
        .. Count(count),
        .. noAck ? (RedisValue[])["NOACK"] : [],
        .. claimMinIdleTime is { } idle ? (RedisValue[])["CLAIM", (long)idle.TotalMilliseconds] : [],
    ];

    // What is new to a group is what none of its consumers was given, which Redis writes ">".
    private static RedisValue ReadGroupPosition(RedisValue position) => position == StreamPosition.NewMessages ? ">" : position;
}
