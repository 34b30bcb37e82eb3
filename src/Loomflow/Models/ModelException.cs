using System.Net;

namespace Loomflow;

/// <summary>A model did not answer.</summary>
public sealed class ModelException : Exception, IHasFailureKind
{
    /// <summary>Creates the exception.</summary>
    public ModelException(ModelErrorKind error, string message, Exception? innerException = null) : base(message, innerException) => Error = error;

    /// <summary>Why.</summary>
    public ModelErrorKind Error { get; }

    /// <summary>How long the service asks to wait before trying again, or <see langword="null"/>.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The HTTP status, where there was one.</summary>
    public int? Status { get; init; }

    /// <inheritdoc />
    public FailureKind Kind => Error == ModelErrorKind.ContentFiltered ? FailureKind.Denied : FailureKind.Error;

    /// <summary>What an HTTP status of a model service means.</summary>
    public static ModelErrorKind KindOf(int status) => status switch
    {
        429 => ModelErrorKind.RateLimited,
        401 or 403 => ModelErrorKind.Authentication,
        404 => ModelErrorKind.Unavailable,
        408 or 409 or >= 500 => ModelErrorKind.Transient,
        _ => ModelErrorKind.InvalidRequest,
    };

    /// <summary>Describes what a model client threw; <see langword="null"/> for exceptions that say nothing about the service.</summary>
    internal static ModelException? From(Exception exception) => exception switch
    {
        ModelException model => model,
        HttpRequestException { StatusCode: HttpStatusCode status } => new ModelException(KindOf((int)status), exception.Message, exception) { Status = (int)status },
        TimeoutException or TaskCanceledException { InnerException: TimeoutException } => new ModelException(ModelErrorKind.Transient, exception.Message, exception),
        HttpRequestException or HttpIOException => new ModelException(ModelErrorKind.Transient, exception.Message, exception),
        _ => null,
    };
}
