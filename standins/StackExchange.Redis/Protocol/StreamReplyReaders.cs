namespace StackExchange.Redis;

internal static class StreamReplyReaders
{
    public static readonly ReplyReader<StreamEntry[]> Entries = static (in RespReply reply) => Array.ConvertAll(reply.Items, Entry);

    /// <summary>The entries of the only stream that was asked for.</summary>
    public static readonly ReplyReader<StreamEntry[]> SingleStream = static (in RespReply reply) =>
        ReplyReaders.Pairs(reply, (_, entries) => Array.ConvertAll(entries.Items, Entry)) is [var only, ..] ? only : [];

    public static readonly ReplyReader<RedisStream[]> Streams = static (in RespReply reply) =>
        ReplyReaders.Pairs(reply, (key, entries) => new RedisStream((byte[]?)key.Value, Array.ConvertAll(entries.Items, Entry)));

    public static readonly ReplyReader<StreamPendingInfo> Pending = static (in RespReply reply) => new StreamPendingInfo(
        (int)reply.Items[0].Value,
        reply.Items[1].Value,
        reply.Items[2].Value,
        ReplyReaders.Pairs(reply.Items[3], (name, count) => new StreamConsumer(name.Value, (int)count.Value)));

    public static readonly ReplyReader<StreamPendingMessageInfo[]> PendingMessages = static (in RespReply reply) => Array.ConvertAll(
        reply.Items,
        item => new StreamPendingMessageInfo(item.Items[0].Value, item.Items[1].Value, (long)item.Items[2].Value, (int)item.Items[3].Value));

    public static readonly ReplyReader<StreamAutoClaimResult> AutoClaim = static (in RespReply reply) =>
        new StreamAutoClaimResult(reply.Items[0].Value, Array.ConvertAll(reply.Items[1].Items, Entry), DeletedIds(reply));

    public static readonly ReplyReader<StreamAutoClaimIdsOnlyResult> AutoClaimIds = static (in RespReply reply) =>
        new StreamAutoClaimIdsOnlyResult(reply.Items[0].Value, ReplyReaders.Values(reply.Items[1]), DeletedIds(reply));

    public static readonly ReplyReader<StreamInfo> Info = static (in RespReply reply) =>
    {
        var fields = Fields(reply);
        return new StreamInfo(
            (int)Number(fields, "length").GetValueOrDefault(),
            (int)Number(fields, "radix-tree-keys").GetValueOrDefault(),
            (int)Number(fields, "radix-tree-nodes").GetValueOrDefault(),
            (int)Number(fields, "groups").GetValueOrDefault(),
            Entry(fields.GetValueOrDefault("first-entry")),
            Entry(fields.GetValueOrDefault("last-entry")),
            fields.GetValueOrDefault("last-generated-id").Value,
            fields.GetValueOrDefault("max-deleted-entry-id").Value,
            Number(fields, "entries-added").GetValueOrDefault(),
            fields.GetValueOrDefault("recorded-first-entry-id").Value);
    };

    public static readonly ReplyReader<StreamGroupInfo[]> Groups = static (in RespReply reply) => Array.ConvertAll(reply.Items, item =>
    {
        var fields = Fields(item);
        return new StreamGroupInfo(
            fields["name"].Text,
            (int)Number(fields, "consumers").GetValueOrDefault(),
            (int)Number(fields, "pending").GetValueOrDefault(),
            fields.GetValueOrDefault("last-delivered-id").Value,
            Number(fields, "entries-read"),
            Number(fields, "lag"));
    });

    public static readonly ReplyReader<StreamConsumerInfo[]> Consumers = static (in RespReply reply) => Array.ConvertAll(reply.Items, item =>
    {
        var fields = Fields(item);
        return new StreamConsumerInfo(
            fields["name"].Text, (int)Number(fields, "pending").GetValueOrDefault(), Number(fields, "idle").GetValueOrDefault());
    });

    // An entry that was deleted while it was pending comes without fields, or is missing altogether.
    private static StreamEntry Entry(RespReply reply) => reply.Items is [var id, var fields]
        ? new StreamEntry(id.Value, ReplyReaders.Pairs(fields, (name, value) => new NameValueEntry(name.Value, value.Value)))
        : StreamEntry.Null;

    private static RedisValue[] DeletedIds(in RespReply reply) => reply.Items is [_, _, var deleted] ? ReplyReaders.Values(deleted) : [];

    private static Dictionary<string, RespReply> Fields(in RespReply reply) =>
        ReplyReaders.Pairs(reply, (name, value) => KeyValuePair.Create(name.Text, value)).ToDictionary();

    private static long? Number(Dictionary<string, RespReply> fields, string name) => (long?)fields.GetValueOrDefault(name).Value;
}
