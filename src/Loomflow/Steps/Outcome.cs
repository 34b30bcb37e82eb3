using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>What became of one branch when failures are collected instead of failing the run: a value or a failure.</summary>
public sealed record Outcome<T>
{
    /// <summary>The branch's value; the default where it failed.</summary>
    public T? Value { get; init; }

    /// <summary>Why the branch failed; <see langword="null"/> where it succeeded.</summary>
    public Failure? Failure { get; init; }

    /// <summary>Whether there is a value.</summary>
    [JsonIgnore]
    public bool Succeeded => Failure is null;

    internal static Outcome<T> Of(object? delivered) =>
        delivered is Failure failure ? new Outcome<T> { Failure = failure } : new Outcome<T> { Value = (T?)delivered };
}
