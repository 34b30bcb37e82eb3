namespace StackExchange.Redis;

/// <summary>The name of a channel, or a pattern of such names.</summary>
public readonly struct RedisChannel : IEquatable<RedisChannel>
{
    private readonly RedisKey _name;

    public RedisChannel(byte[]? value, PatternMode mode)
    {
        _name = value;
        IsPattern = IsPatternIn(mode, ((RedisValue)value).ToString());
    }

    public RedisChannel(string value, PatternMode mode)
    {
        _name = value;
        IsPattern = IsPatternIn(mode, value);
    }

    public enum PatternMode
    {
        Auto = 0,
        Literal = 1,
        Pattern = 2,
    }

    public bool IsNullOrEmpty => _name.Value.IsNullOrEmpty;

    public bool IsPattern { get; }

    internal RedisValue Value => _name.Value;

    public static implicit operator string?(RedisChannel key) => key.Value;

    public static implicit operator byte[]?(RedisChannel key) => key.Value;

    public static bool operator ==(RedisChannel x, RedisChannel y) => x.Equals(y);

    public static bool operator !=(RedisChannel x, RedisChannel y) => !x.Equals(y);

    public static bool operator ==(RedisChannel x, string y) => x._name == (RedisKey)y;

    public static bool operator !=(RedisChannel x, string y) => x._name != (RedisKey)y;

    public static bool operator ==(string x, RedisChannel y) => y == x;

    public static bool operator !=(string x, RedisChannel y) => y != x;

    public static RedisChannel Literal(string value) => new(value, PatternMode.Literal);

    public static RedisChannel Literal(byte[] value) => new(value, PatternMode.Literal);

    public static RedisChannel Pattern(string value) => new(value, PatternMode.Pattern);

    public static RedisChannel Pattern(byte[] value) => new(value, PatternMode.Pattern);

    public bool Equals(RedisChannel other) => IsPattern == other.IsPattern && _name == other._name;

    public override bool Equals(object? obj) => obj is RedisChannel other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_name, IsPattern);

    public override string ToString() => _name.ToString();

    private static bool IsPatternIn(PatternMode mode, string? value) => mode switch
    {
        PatternMode.Auto => value?.Contains('*', StringComparison.Ordinal) ?? false,
        PatternMode.Literal => false,
        PatternMode.Pattern => true,
        _ => throw new ArgumentOutOfRangeException(nameof(mode)),
    };
}
