namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisDatabase
{
    public long StreamAcknowledge(RedisKey key, RedisValue groupName, RedisValue messageId, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAcknowledgeAsync(key, groupName, messageId, flags), nameof(StreamAcknowledge));

    public long StreamAcknowledge(RedisKey key, RedisValue groupName, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAcknowledgeAsync(key, groupName, messageIds, flags), nameof(StreamAcknowledge));

    public RedisValue StreamAdd(RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId = null, long? maxLength = null, bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode trimMode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAddAsync(key, streamPairs, messageId, maxLength, useApproximateMaxLength, limit, trimMode, flags), nameof(StreamAdd));

    public RedisValue StreamAdd(RedisKey key, NameValueEntry[] streamPairs, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        Connection.WaitFor(StreamAddAsync(key, streamPairs, messageId, maxLength, useApproximateMaxLength, flags), nameof(StreamAdd));

    public RedisValue StreamAdd(RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId = null, long? maxLength = null, bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode trimMode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAddAsync(key, streamField, streamValue, messageId, maxLength, useApproximateMaxLength, limit, trimMode, flags), nameof(StreamAdd));

    public RedisValue StreamAdd(RedisKey key, RedisValue streamField, RedisValue streamValue, RedisValue? messageId, int? maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        Connection.WaitFor(StreamAddAsync(key, streamField, streamValue, messageId, maxLength, useApproximateMaxLength, flags), nameof(StreamAdd));

    public StreamAutoClaimResult StreamAutoClaim(RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAutoClaimAsync(key, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, count, flags), nameof(StreamAutoClaim));

    public StreamAutoClaimIdsOnlyResult StreamAutoClaimIdsOnly(RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue startAtId, int? count = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamAutoClaimIdsOnlyAsync(key, consumerGroup, claimingConsumer, minIdleTimeInMs, startAtId, count, flags), nameof(StreamAutoClaimIdsOnly));

    public StreamEntry[] StreamClaim(RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamClaimAsync(key, consumerGroup, claimingConsumer, minIdleTimeInMs, messageIds, flags), nameof(StreamClaim));

    public RedisValue[] StreamClaimIdsOnly(RedisKey key, RedisValue consumerGroup, RedisValue claimingConsumer, long minIdleTimeInMs, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamClaimIdsOnlyAsync(key, consumerGroup, claimingConsumer, minIdleTimeInMs, messageIds, flags), nameof(StreamClaimIdsOnly));

    public bool StreamConsumerGroupSetPosition(RedisKey key, RedisValue groupName, RedisValue position, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamConsumerGroupSetPositionAsync(key, groupName, position, flags), nameof(StreamConsumerGroupSetPosition));

    public StreamConsumerInfo[] StreamConsumerInfo(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamConsumerInfoAsync(key, groupName, flags), nameof(StreamConsumerInfo));

    public bool StreamCreateConsumerGroup(RedisKey key, RedisValue groupName, RedisValue? position = null, bool createStream = true, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamCreateConsumerGroupAsync(key, groupName, position, createStream, flags), nameof(StreamCreateConsumerGroup));

    public bool StreamCreateConsumerGroup(RedisKey key, RedisValue groupName, RedisValue? position, CommandFlags flags) =>
        Connection.WaitFor(StreamCreateConsumerGroupAsync(key, groupName, position, flags), nameof(StreamCreateConsumerGroup));

    public long StreamDelete(RedisKey key, RedisValue[] messageIds, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamDeleteAsync(key, messageIds, flags), nameof(StreamDelete));

    public long StreamDeleteConsumer(RedisKey key, RedisValue groupName, RedisValue consumerName, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamDeleteConsumerAsync(key, groupName, consumerName, flags), nameof(StreamDeleteConsumer));

    public bool StreamDeleteConsumerGroup(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamDeleteConsumerGroupAsync(key, groupName, flags), nameof(StreamDeleteConsumerGroup));

    public StreamGroupInfo[] StreamGroupInfo(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamGroupInfoAsync(key, flags), nameof(StreamGroupInfo));

    public StreamInfo StreamInfo(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamInfoAsync(key, flags), nameof(StreamInfo));

    public long StreamLength(RedisKey key, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamLengthAsync(key, flags), nameof(StreamLength));

    public StreamPendingInfo StreamPending(RedisKey key, RedisValue groupName, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamPendingAsync(key, groupName, flags), nameof(StreamPending));

    public StreamPendingMessageInfo[] StreamPendingMessages(RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId, RedisValue? maxId, CommandFlags flags) =>
        Connection.WaitFor(StreamPendingMessagesAsync(key, groupName, count, consumerName, minId, maxId, flags), nameof(StreamPendingMessages));

    public StreamPendingMessageInfo[] StreamPendingMessages(RedisKey key, RedisValue groupName, int count, RedisValue consumerName, RedisValue? minId = null, RedisValue? maxId = null, long? minIdleTimeInMs = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamPendingMessagesAsync(key, groupName, count, consumerName, minId, maxId, minIdleTimeInMs, flags), nameof(StreamPendingMessages));

    public StreamEntry[] StreamRange(RedisKey key, RedisValue? minId = null, RedisValue? maxId = null, int? count = null, Order messageOrder = Order.Ascending, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamRangeAsync(key, minId, maxId, count, messageOrder, flags), nameof(StreamRange));

    public StreamEntry[] StreamRead(RedisKey key, RedisValue position, int? count = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamReadAsync(key, position, count, flags), nameof(StreamRead));

    public RedisStream[] StreamRead(StreamPosition[] streamPositions, int? countPerStream = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamReadAsync(streamPositions, countPerStream, flags), nameof(StreamRead));

    public StreamEntry[] StreamReadGroup(RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, bool noAck, CommandFlags flags) =>
        Connection.WaitFor(StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck, flags), nameof(StreamReadGroup));

    public StreamEntry[] StreamReadGroup(RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position = null, int? count = null, bool noAck = false, TimeSpan? claimMinIdleTime = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamReadGroupAsync(key, groupName, consumerName, position, count, noAck, claimMinIdleTime, flags), nameof(StreamReadGroup));

    public StreamEntry[] StreamReadGroup(RedisKey key, RedisValue groupName, RedisValue consumerName, RedisValue? position, int? count, CommandFlags flags) =>
        Connection.WaitFor(StreamReadGroupAsync(key, groupName, consumerName, position, count, flags), nameof(StreamReadGroup));

    public RedisStream[] StreamReadGroup(StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, CommandFlags flags) =>
        Connection.WaitFor(StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, flags), nameof(StreamReadGroup));

    public RedisStream[] StreamReadGroup(StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream = null, bool noAck = false, TimeSpan? claimMinIdleTime = null, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck, claimMinIdleTime, flags), nameof(StreamReadGroup));

    public RedisStream[] StreamReadGroup(StreamPosition[] streamPositions, RedisValue groupName, RedisValue consumerName, int? countPerStream, bool noAck, CommandFlags flags) =>
        Connection.WaitFor(StreamReadGroupAsync(streamPositions, groupName, consumerName, countPerStream, noAck, flags), nameof(StreamReadGroup));

    public long StreamTrim(RedisKey key, int maxLength, bool useApproximateMaxLength, CommandFlags flags) =>
        Connection.WaitFor(StreamTrimAsync(key, maxLength, useApproximateMaxLength, flags), nameof(StreamTrim));

    public long StreamTrim(RedisKey key, long maxLength, bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode mode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamTrimAsync(key, maxLength, useApproximateMaxLength, limit, mode, flags), nameof(StreamTrim));

    public long StreamTrimByMinId(RedisKey key, RedisValue minId, bool useApproximateMaxLength = false, long? limit = null, StreamTrimMode mode = StreamTrimMode.KeepReferences, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(StreamTrimByMinIdAsync(key, minId, useApproximateMaxLength, limit, mode, flags), nameof(StreamTrimByMinId));
}
