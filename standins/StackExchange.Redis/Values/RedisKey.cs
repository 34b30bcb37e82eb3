using System.Text;

namespace StackExchange.Redis;

/// <summary>The name of a key: text or bytes.</summary>
public readonly struct RedisKey : IEquatable<RedisKey>
{
    public RedisKey(string? key) => Value = key;

    private RedisKey(RedisValue value) => Value = value;

    internal RedisValue Value { get; }

    internal bool IsNull => Value.IsNull;

    public static implicit operator RedisKey(string? key) => new(key);

    public static implicit operator RedisKey(byte[]? key) => new((RedisValue)key);

    public static implicit operator string?(RedisKey key) => key.Value;

    public static implicit operator byte[]?(RedisKey key) => key.Value;

    public static RedisKey operator +(RedisKey x, RedisKey y) => x.Append(y);

    public static bool operator ==(RedisKey x, RedisKey y) => x.Equals(y);

    public static bool operator !=(RedisKey x, RedisKey y) => !x.Equals(y);

    public static bool operator ==(RedisKey x, string y) => x.Equals((RedisKey)y);

    public static bool operator !=(RedisKey x, string y) => !x.Equals((RedisKey)y);

    public static bool operator ==(string x, RedisKey y) => y.Equals((RedisKey)x);

    public static bool operator !=(string x, RedisKey y) => !y.Equals((RedisKey)x);

    public static bool operator ==(RedisKey x, byte[] y) => x.Equals((RedisKey)y);

    public static bool operator !=(RedisKey x, byte[] y) => !x.Equals((RedisKey)y);

    public static bool operator ==(byte[] x, RedisKey y) => y.Equals((RedisKey)x);

    public static bool operator !=(byte[] x, RedisKey y) => !y.Equals((RedisKey)x);

    public RedisKey Prepend(RedisKey prefix) => prefix.Append(this);

    public RedisKey Append(RedisKey suffix)
    {
        if (suffix.Value.IsNullOrEmpty) return this;
        if (Value.IsNullOrEmpty) return suffix;
        if (Value.Text is { } left && suffix.Value.Text is { } right) return left + right;
        return new RedisKey((RedisValue)(byte[])[.. (byte[])Value!, .. (byte[])suffix.Value!]);
    }

    // Unlike values, the keys "1" and "01" differ, and so do 1 and 1.0.
    public bool Equals(RedisKey other)
    {
        if (IsNull || other.IsNull) return IsNull && other.IsNull;
        if (Value.Text is { } left && other.Value.Text is { } right) return left == right;
        return ((byte[])Value!).AsSpan().SequenceEqual((byte[])other.Value!);
    }

    public override bool Equals(object? obj) => obj switch
    {
        null => IsNull,
        RedisKey key => Equals(key),
        string text => Equals((RedisKey)text),
        byte[] bytes => Equals((RedisKey)bytes),
        _ => false,
    };

    public override int GetHashCode()
    {
        if (IsNull) return -1;
        var hash = default(HashCode);
        hash.AddBytes(Value.Text is { } text ? Encoding.UTF8.GetBytes(text) : Value.Raw!);
        return hash.ToHashCode();
    }

    public override string ToString() => Value.ToString();
}
