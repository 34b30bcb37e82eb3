namespace StackExchange.Redis;

/// <summary>When a written key expires: never, after a time, at a time, or as before.</summary>
public readonly struct Expiration
{
    private readonly string? _token;
    private readonly long _value;

    private Expiration(string? token, long value = 0)
    {
        _token = token;
        _value = value;
    }

    public Expiration(TimeSpan ttl)
    {
        if (ttl == TimeSpan.MaxValue) return;
        ArgumentOutOfRangeException.ThrowIfLessThan(ttl, TimeSpan.Zero);
        (_token, _value) = Shorten(ttl.Ticks / TimeSpan.TicksPerMillisecond, "EX", "PX");
    }

    public Expiration(DateTime when)
    {
        if (when == DateTime.MaxValue) return;
        (_token, _value) = Shorten(UnixMilliseconds(when), "EXAT", "PXAT");
    }

    public static Expiration Default => default;

    public static Expiration KeepTtl { get; } = new("KEEPTTL");

    public static Expiration Persist { get; } = new("PERSIST");

    internal bool IsPersist => _token == "PERSIST";

    public static implicit operator Expiration(TimeSpan ttl) => new(ttl);

    public static implicit operator Expiration(DateTime when) => new(when);

    public override bool Equals(object? obj) => obj is Expiration other && other._token == _token && other._value == _value;

    public override int GetHashCode() => HashCode.Combine(_token, _value);

    public override string ToString() => _token is null ? "" : HasValue ? $"{_token} {_value}" : _token;

    internal static Expiration Create(TimeSpan? ttl, bool keepTtl = false) => (ttl, keepTtl) switch
    {
        (not null, true) => throw new ArgumentException("Cannot specify both expiry and keepTtl.", nameof(keepTtl)),
        (null, true) => KeepTtl,
        (null, false) => Default,
        _ => new Expiration(ttl.Value),
    };

    internal static long UnixMilliseconds(DateTime when)
    {
        if (when.Kind == DateTimeKind.Unspecified)
            throw new ArgumentException("Expiry time must be either Utc or Local", nameof(when));
        return (when.ToUniversalTime() - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMillisecond;
    }

    internal RedisValue[] Arguments => _token is null ? [] : HasValue ? [_token, _value] : [_token];

    private bool HasValue => _token is not ("KEEPTTL" or "PERSIST");

    private static (string Token, long Value) Shorten(long milliseconds, string seconds, string token) =>
        milliseconds % 1000 == 0 ? (seconds, milliseconds / 1000) : (token, milliseconds);
}
