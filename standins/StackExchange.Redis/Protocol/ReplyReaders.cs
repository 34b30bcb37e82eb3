namespace StackExchange.Redis;

/// <summary>What replies mean. RESP3 sends maps and pairs where RESP2 sends flat lists; both are read.</summary>
internal static class ReplyReaders
{
    public static readonly ReplyReader<bool> Any = static (in RespReply _) => true;

    public static readonly ReplyReader<bool> Ok = static (in RespReply reply) =>
        reply.IsOk ? true : throw new RedisException($"Unexpected response: {reply}");

    // OK, or nothing where a condition did not hold; or 1 and 0.
    public static readonly ReplyReader<bool> Boolean = static (in RespReply reply) =>
        !reply.IsNull && (reply.IsOk || (reply.Type is ResultType.Integer or ResultType.Boolean ? (long)reply.Value != 0 : reply.Value == 1));

    public static readonly ReplyReader<long> Int64 = static (in RespReply reply) => (long)reply.Value;

    public static readonly ReplyReader<long?> NullableInt64 = static (in RespReply reply) => (long?)reply.Value;

    public static readonly ReplyReader<double> Double = static (in RespReply reply) => (double)reply.Value;

    public static readonly ReplyReader<double?> NullableDouble = static (in RespReply reply) => (double?)reply.Value;

    public static readonly ReplyReader<double?[]> NullableDoubles = static (in RespReply reply) =>
        Array.ConvertAll(reply.Items, item => (double?)item.Value);

    public static readonly ReplyReader<string?> Text = static (in RespReply reply) => reply.Value;

    public static readonly ReplyReader<byte[]> Sha1 = static (in RespReply reply) => Convert.FromHexString(reply.Text);

    public static readonly ReplyReader<RedisValue> Value = static (in RespReply reply) => reply.Value;

    public static readonly ReplyReader<RedisValue[]> Values = static (in RespReply reply) => Array.ConvertAll(reply.Items, item => item.Value);

    // A pop of several gives null for an absent key and is then empty.
    public static readonly ReplyReader<bool[]> Booleans = static (in RespReply reply) =>
        Array.ConvertAll(reply.Items, item => (long)item.Value != 0);

    public static readonly ReplyReader<RedisResult> Result = static (in RespReply reply) => RedisResult.From(reply);

    public static readonly ReplyReader<TimeSpan?> Milliseconds = static (in RespReply reply) =>
        (long)reply.Value is >= 0 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : null;

    public static readonly ReplyReader<TimeSpan?> Seconds = static (in RespReply reply) =>
        (long?)reply.Value is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    public static readonly ReplyReader<DateTime?> UnixMilliseconds = static (in RespReply reply) =>
        (long)reply.Value is >= 0 and var milliseconds ? DateTime.UnixEpoch.AddMilliseconds(milliseconds) : null;

    public static readonly ReplyReader<DateTime> ServerTime = static (in RespReply reply) =>
        DateTime.UnixEpoch.AddSeconds((long)reply.Items[0].Value).AddMicroseconds((long)reply.Items[1].Value);

    public static readonly ReplyReader<RedisType> Type = static (in RespReply reply) => reply.Text switch
    {
        "none" => RedisType.None,
        "string" => RedisType.String,
        "list" => RedisType.List,
        "set" => RedisType.Set,
        "zset" => RedisType.SortedSet,
        "hash" => RedisType.Hash,
        "stream" => RedisType.Stream,
        _ => RedisType.Unknown,
    };

    public static readonly ReplyReader<HashEntry[]> HashEntries = static (in RespReply reply) =>
        Pairs(reply, (name, value) => new HashEntry(name.Value, value.Value));

    public static readonly ReplyReader<SortedSetEntry[]> SortedSetEntries = static (in RespReply reply) =>
        Pairs(reply, (member, score) => new SortedSetEntry(member.Value, (double)score.Value));

    public static readonly ReplyReader<SortedSetEntry?> SortedSetEntry = static (in RespReply reply) =>
        SortedSetEntries(reply) is [var first, ..] ? first : null;

    public static readonly ReplyReader<KeyValuePair<string, string>[]> Settings = static (in RespReply reply) =>
        Pairs(reply, (name, value) => KeyValuePair.Create(name.Text, value.Text));

    public static T[] Pairs<T>(in RespReply reply, Func<RespReply, RespReply, T> pair)
    {
        var items = reply.Items;
        if (items is [{ IsArray: true }, ..]) return Array.ConvertAll(items, item => pair(item.Items[0], item.Items[1]));
        var pairs = new T[items.Length / 2];
        for (var i = 0; i < pairs.Length; i++) pairs[i] = pair(items[2 * i], items[(2 * i) + 1]);
        return pairs;
    }
}
