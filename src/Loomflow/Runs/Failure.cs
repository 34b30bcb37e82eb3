using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>A failure as data: what remains of an exception when it crosses a process boundary or goes into a journal.</summary>
public sealed record Failure
{
    /// <summary>Why.</summary>
    public FailureKind Kind { get; init; }

    /// <summary>The full name of the exception's type, for people and for retry policies; never used to create anything.</summary>
    public string Type { get; init; } = "";

    /// <summary>What was wrong, in words.</summary>
    public string Message { get; init; } = "";

    /// <summary>The path of the node where it happened, if it happened in one.</summary>
    public string? Node { get; init; }

    /// <summary>Failures of sibling steps that ended while this one was being handled.</summary>
    public IReadOnlyList<Failure>? Siblings { get; init; }

    /// <summary>The original exception where it is still at hand, that is, in the process that caught it.</summary>
    [JsonIgnore]
    public Exception? Exception { get; init; }

    /// <summary>Describes an exception.</summary>
    public static Failure From(Exception exception, string? node = null)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception is StepFailedException { Failure: var carried }
            ? carried with { Node = carried.Node ?? node, Exception = exception }
            : new Failure
            {
                Kind = exception switch
                {
                    TimeoutException => FailureKind.Timeout,
                    OperationCanceledException => FailureKind.Cancelled,
                    WorkflowCapException => FailureKind.Capped,
                    PayloadException => FailureKind.InvalidValue,
                    NoRouteException => FailureKind.NoRoute,
                    IHasFailureKind typed => typed.Kind,
                    _ => FailureKind.Error,
                },
                Type = exception.GetType().FullName ?? exception.GetType().Name,
                Message = exception.Message,
                Node = node,
                Exception = exception,
            };
    }

    /// <summary>The exception to throw: the original one where it is at hand, else a <see cref="StepFailedException"/>.</summary>
    public Exception ToException() => Exception ?? new StepFailedException(this);
}
