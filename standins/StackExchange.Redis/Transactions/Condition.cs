namespace StackExchange.Redis;

/// <summary>What must hold for a transaction to be executed: a question to the server, and the answer to it that satisfies.</summary>
public abstract class Condition
{
    private Condition(RedisKey key) => Key = key;

    internal RedisKey Key { get; }

    public static Condition KeyExists(RedisKey key) => Asks(key, "EXISTS", [], count => count == 1);

    public static Condition KeyNotExists(RedisKey key) => Asks(key, "EXISTS", [], count => count == 0);

    public static Condition StringEqual(RedisKey key, RedisValue value) => Asks(key, "GET", [], current => current == value);

    public static Condition StringNotEqual(RedisKey key, RedisValue value) => Asks(key, "GET", [], current => current != value);

    public static Condition StringLengthEqual(RedisKey key, long length) => Asks(key, "STRLEN", [], current => current == length);

    public static Condition StringLengthLessThan(RedisKey key, long length) => Asks(key, "STRLEN", [], current => (long)current < length);

    public static Condition StringLengthGreaterThan(RedisKey key, long length) => Asks(key, "STRLEN", [], current => (long)current > length);

    public static Condition HashExists(RedisKey key, RedisValue hashField) => Asks(key, "HEXISTS", [hashField], found => found == 1);

    public static Condition HashNotExists(RedisKey key, RedisValue hashField) => Asks(key, "HEXISTS", [hashField], found => found == 0);

    public static Condition HashEqual(RedisKey key, RedisValue hashField, RedisValue value) =>
        Asks(key, "HGET", [hashField], current => current == value);

    public static Condition HashNotEqual(RedisKey key, RedisValue hashField, RedisValue value) =>
        Asks(key, "HGET", [hashField], current => current != value);

    public static Condition HashLengthEqual(RedisKey key, long length) => Asks(key, "HLEN", [], current => current == length);

    public static Condition HashLengthLessThan(RedisKey key, long length) => Asks(key, "HLEN", [], current => (long)current < length);

    public static Condition HashLengthGreaterThan(RedisKey key, long length) => Asks(key, "HLEN", [], current => (long)current > length);

    public static Condition ListIndexExists(RedisKey key, long index) => Asks(key, "LINDEX", [index], item => !item.IsNull);

    public static Condition ListIndexNotExists(RedisKey key, long index) => Asks(key, "LINDEX", [index], item => item.IsNull);

    public static Condition ListIndexEqual(RedisKey key, long index, RedisValue value) => Asks(key, "LINDEX", [index], item => item == value);

    public static Condition ListIndexNotEqual(RedisKey key, long index, RedisValue value) => Asks(key, "LINDEX", [index], item => item != value);

    public static Condition ListLengthEqual(RedisKey key, long length) => Asks(key, "LLEN", [], current => current == length);

    public static Condition ListLengthLessThan(RedisKey key, long length) => Asks(key, "LLEN", [], current => (long)current < length);

    public static Condition ListLengthGreaterThan(RedisKey key, long length) => Asks(key, "LLEN", [], current => (long)current > length);

    public static Condition SetContains(RedisKey key, RedisValue member) => Asks(key, "SISMEMBER", [member], found => found == 1);

    public static Condition SetNotContains(RedisKey key, RedisValue member) => Asks(key, "SISMEMBER", [member], found => found == 0);

    public static Condition SetLengthEqual(RedisKey key, long length) => Asks(key, "SCARD", [], current => current == length);

    public static Condition SetLengthLessThan(RedisKey key, long length) => Asks(key, "SCARD", [], current => (long)current < length);

    public static Condition SetLengthGreaterThan(RedisKey key, long length) => Asks(key, "SCARD", [], current => (long)current > length);

    public static Condition SortedSetContains(RedisKey key, RedisValue member) => Asks(key, "ZSCORE", [member], score => !score.IsNull);

    public static Condition SortedSetNotContains(RedisKey key, RedisValue member) => Asks(key, "ZSCORE", [member], score => score.IsNull);

    public static Condition SortedSetEqual(RedisKey key, RedisValue member, RedisValue score) =>
        Asks(key, "ZSCORE", [member], current => current == score);

    public static Condition SortedSetNotEqual(RedisKey key, RedisValue member, RedisValue score) =>
        Asks(key, "ZSCORE", [member], current => current != score);

    public static Condition SortedSetLengthEqual(RedisKey key, long length) => Asks(key, "ZCARD", [], current => current == length);

    public static Condition SortedSetLengthLessThan(RedisKey key, long length) => Asks(key, "ZCARD", [], current => (long)current < length);

    public static Condition SortedSetLengthGreaterThan(RedisKey key, long length) => Asks(key, "ZCARD", [], current => (long)current > length);

    public static Condition StreamLengthEqual(RedisKey key, long length) => Asks(key, "XLEN", [], current => current == length);

    public static Condition StreamLengthLessThan(RedisKey key, long length) => Asks(key, "XLEN", [], current => (long)current < length);

    public static Condition StreamLengthGreaterThan(RedisKey key, long length) => Asks(key, "XLEN", [], current => (long)current > length);

    internal abstract Message<bool> Ask(int database);

    private static Question Asks(RedisKey key, string command, RedisValue[] arguments, Func<RedisValue, bool> satisfies) =>
        key.IsNull
            ? throw new ArgumentException("A null key is not valid in this context", nameof(key))
            : new Question(key, command, arguments, satisfies);

    private sealed class Question(RedisKey key, string command, RedisValue[] arguments, Func<RedisValue, bool> satisfies) : Condition(key)
    {
        internal override Message<bool> Ask(int database) =>
            new(database, command, [Key.Value, .. arguments], (in RespReply reply) => satisfies(reply.Value));

        public override string ToString() => $"{command} {Key}";
    }
}
