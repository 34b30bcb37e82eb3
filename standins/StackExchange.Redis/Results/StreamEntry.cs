namespace StackExchange.Redis;

public readonly struct StreamEntry(RedisValue id, NameValueEntry[] values)
{
    public static StreamEntry Null { get; } = new(RedisValue.Null, []);

    public RedisValue Id { get; } = id;

    public NameValueEntry[] Values { get; } = values;

    public bool IsNull => Id.IsNull && Values is null or { Length: 0 };

    public RedisValue this[RedisValue fieldName]
    {
        get
        {
            foreach (var entry in Values ?? [])
                if (entry.Name == fieldName) return entry.Value;
            return RedisValue.Null;
        }
    }
}
