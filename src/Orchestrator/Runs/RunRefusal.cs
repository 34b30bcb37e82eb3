namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Why a request was refused. What each is on the wire, <see cref="Api.Refusals"/> says.</summary>
internal enum RunRefusal
{
    UnknownWorkflow,
    NoSuchRun,
    UnknownMemory,
    UnfitInput,
    TooLarge,
    TooDeep,
    TooManyRuns,
    KeyReused,
    ParentEnded,
    NotAService,
    Malformed,
    BadPageSize,
    BadStatus,
    BadCursor,
    BadFormat,
    BadPreference,
    BadQuery,
    NoSuchVisit,
    JournalTrimmed,
    NotParked,
    NotFailed,
    NothingRemembered,
    NoBudget,
    NotOpen,
    NotAResponder,
    UnfitAnswer,
    AuditAway,
    StoreAway,
}
