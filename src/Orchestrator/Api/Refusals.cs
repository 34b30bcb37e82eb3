using Grpc.Core;
using Loomflow.Aspire.Orchestrator.Runs;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Redis;
using Loomflow.Security;

namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What a refusal is on the wire: one table for REST and gRPC.</summary>
internal static class Refusals
{
    private const string TooLarge = "The request's body is larger than this service takes.";

    /// <summary>How long to wait before it makes sense to ask again while Redis or the audit log is away.</summary>
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait for some of one's runs to end.</summary>
    private static readonly TimeSpan s_ending = TimeSpan.FromSeconds(5);

    /// <summary>
    /// What the caller is told of an exception, or <see langword="null"/> when it says nothing to callers. It may say what they sent, and answers are
    /// written down on the way: so not where that was a secret.
    /// </summary>
    public static Refusal? Of(Exception exception, SecretScrubber scrubber) =>
        Of(exception) is { } refusal ? refusal with { Detail = scrubber.Scrub(refusal.Detail) } : null;

    private static Refusal? Of(Exception exception) => exception switch
    {
        RunRefusedException { Refusal: RunRefusal.AuditAway or RunRefusal.StoreAway } away => Of(away.Refusal, away.Message) with { RetryAfter = s_away },
        RunRefusedException refused => Of(refused.Refusal, refused.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Of(RunRefusal.TooLarge, TooLarge),
        BadHttpRequestException malformed => Of(RunRefusal.Malformed, malformed.InnerException is { } why ? $"{malformed.Message} {why.Message}" : malformed.Message),

        CallerRefusedException refused => Of(refused),
        _ when RedisAway.Is(exception) || exception is MemoryUnavailableException => Of(RunRefusedException.StoreAway(exception)),
        _ => null,
    };

    /// <summary>The server refuses a body that is too large before anybody reads it, without a word; this adds it.</summary>
    public static void Complete(ProblemDetailsContext problem)
    {
        if (problem.ProblemDetails is not { Status: StatusCodes.Status413PayloadTooLarge, Detail: null }) return;
        var refusal = Of(RunRefusal.TooLarge, TooLarge);
        (problem.ProblemDetails.Type, problem.ProblemDetails.Detail) = (TypeOf(refusal), refusal.Detail);
    }

    /// <summary>The type of a refusal's ProblemDetails.</summary>
    public static string TypeOf(Refusal refusal) => $"urn:loomflow:{refusal.Reason}";

    private static Refusal Of(CallerRefusedException refused) => new(
        refused.Type,
        refused.Status,
        refused.Status switch
        {
            StatusCodes.Status400BadRequest => StatusCode.InvalidArgument,
            StatusCodes.Status503ServiceUnavailable => StatusCode.Unavailable,
            _ => StatusCode.PermissionDenied,
        },
        refused.Message,
        refused.Status == StatusCodes.Status503ServiceUnavailable ? s_away : null);

    private static Refusal Of(RunRefusal refusal, string detail)
    {
        var (reason, http, grpc) = refusal switch
        {
            RunRefusal.UnknownWorkflow => ("unknown_workflow", StatusCodes.Status404NotFound, StatusCode.NotFound),
            RunRefusal.NoSuchRun => ("no_such_run", StatusCodes.Status404NotFound, StatusCode.NotFound),
            RunRefusal.UnknownMemory => ("unknown_memory", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.UnfitInput => ("unfit_input", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.TooLarge => ("too_large", StatusCodes.Status413PayloadTooLarge, StatusCode.InvalidArgument),
            RunRefusal.TooDeep => ("too_deep", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.TooManyRuns => ("too_many_runs", StatusCodes.Status429TooManyRequests, StatusCode.ResourceExhausted),
            RunRefusal.KeyReused => ("key_reused", StatusCodes.Status409Conflict, StatusCode.AlreadyExists),
            RunRefusal.ParentEnded => ("parent_ended", StatusCodes.Status409Conflict, StatusCode.FailedPrecondition),
            RunRefusal.NotAService => ("not_a_service", StatusCodes.Status403Forbidden, StatusCode.PermissionDenied),
            RunRefusal.Malformed => ("malformed", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadPageSize => ("bad_page_size", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadStatus => ("bad_status", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadCursor => ("bad_cursor", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadFormat => ("bad_format", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadPreference => ("bad_preference", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.BadQuery => ("bad_query", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.NoSuchVisit => ("no_such_visit", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.JournalTrimmed => ("journal_trimmed", StatusCodes.Status410Gone, StatusCode.FailedPrecondition),
            RunRefusal.NotParked => ("not_parked", StatusCodes.Status409Conflict, StatusCode.FailedPrecondition),
            RunRefusal.NotFailed => ("not_failed", StatusCodes.Status409Conflict, StatusCode.FailedPrecondition),
            RunRefusal.NothingRemembered => ("nothing_remembered", StatusCodes.Status404NotFound, StatusCode.NotFound),
            RunRefusal.NoBudget => ("no_budget", StatusCodes.Status404NotFound, StatusCode.NotFound),
            RunRefusal.NotOpen => ("not_open", StatusCodes.Status409Conflict, StatusCode.FailedPrecondition),
            RunRefusal.NotAResponder => ("not_a_responder", StatusCodes.Status403Forbidden, StatusCode.PermissionDenied),
            RunRefusal.UnfitAnswer => ("unfit_answer", StatusCodes.Status400BadRequest, StatusCode.InvalidArgument),
            RunRefusal.AuditAway => ("audit_away", StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable),
            RunRefusal.StoreAway => ("store_away", StatusCodes.Status503ServiceUnavailable, StatusCode.Unavailable),
            _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, null),
        };
        return new Refusal(reason, http, grpc, detail, refusal == RunRefusal.TooManyRuns ? s_ending : null);
    }
}
