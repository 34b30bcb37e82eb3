namespace StackExchange.Redis;

public readonly struct SortedSetEntry(RedisValue element, double score) : IEquatable<SortedSetEntry>, IComparable, IComparable<SortedSetEntry>
{
    public RedisValue Element { get; } = element;

    public double Score { get; } = score;

    public RedisValue Key => Element;

    public double Value => Score;

    public int CompareTo(SortedSetEntry other) => Score.CompareTo(other.Score);

    public int CompareTo(object? obj) => obj is SortedSetEntry other ? CompareTo(other) : -1;

    public static implicit operator KeyValuePair<RedisValue, double>(SortedSetEntry value) => new(value.Element, value.Score);

    public static implicit operator SortedSetEntry(KeyValuePair<RedisValue, double> value) => new(value.Key, value.Value);

    public static bool operator ==(SortedSetEntry x, SortedSetEntry y) => x.Equals(y);

    public static bool operator !=(SortedSetEntry x, SortedSetEntry y) => !x.Equals(y);

    public bool Equals(SortedSetEntry other) => Element == other.Element && Score == other.Score;

    public override bool Equals(object? obj) => obj is SortedSetEntry other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Element, Score);

    public override string ToString() => $"{Element}: {Score}";
}
