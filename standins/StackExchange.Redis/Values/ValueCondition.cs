namespace StackExchange.Redis;

/// <summary>What must hold for a write to happen.</summary>
public readonly struct ValueCondition
{
    private ValueCondition(When when) => When = when;

    public static ValueCondition Always => default;

    public static ValueCondition Exists { get; } = new(When.Exists);

    public static ValueCondition NotExists { get; } = new(When.NotExists);

    internal When When { get; }

    public static implicit operator ValueCondition(When when) => new(when);

    public static ValueCondition operator !(in ValueCondition value) => value.When switch
    {
        When.Exists => NotExists,
        When.NotExists => Exists,
        _ => throw new ArgumentException($"There is no opposite of {value.When}.", nameof(value)),
    };

    public override bool Equals(object? obj) => obj is ValueCondition other && other.When == When;

    public override int GetHashCode() => (int)When;

    public override string ToString() => When switch
    {
        When.Exists => "XX",
        When.NotExists => "NX",
        _ => "",
    };
}
