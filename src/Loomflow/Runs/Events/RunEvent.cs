using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Loomflow;

/// <summary>
/// One thing that happened in a run. A run is a sequence of these and nothing else: its state is a fold of them, its journal
/// stores them, its stream shows them, and its audit entries are mapped from them. The hierarchy is closed.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RunStarted), "run_started")]
[JsonDerivedType(typeof(RunCompleted), "run_completed")]
[JsonDerivedType(typeof(RunFailed), "run_failed")]
[JsonDerivedType(typeof(RunCancelled), "run_cancelled")]
[JsonDerivedType(typeof(RunStopping), "run_stopping")]
[JsonDerivedType(typeof(StepStarted), "step_started")]
[JsonDerivedType(typeof(StepCompleted), "step_completed")]
[JsonDerivedType(typeof(StepFailed), "step_failed")]
[JsonDerivedType(typeof(StepRetrying), "step_retrying")]
[JsonDerivedType(typeof(StepCancelled), "step_cancelled")]
[JsonDerivedType(typeof(StepWaiting), "step_waiting")]
[JsonDerivedType(typeof(RouteTaken), "route_taken")]
[JsonDerivedType(typeof(TimerSet), "timer_set")]
[JsonDerivedType(typeof(TimerFired), "timer_fired")]
[JsonDerivedType(typeof(ApprovalRequested), "approval_requested")]
[JsonDerivedType(typeof(ApprovalDecided), "approval_decided")]
[JsonDerivedType(typeof(SignalReceived), "signal_received")]
[JsonDerivedType(typeof(TurnCompleted), "turn_completed")]
[JsonDerivedType(typeof(ToolCalled), "tool_called")]
[JsonDerivedType(typeof(ToolCallEdited), "tool_call_edited")]
[JsonDerivedType(typeof(ToolReturned), "tool_returned")]
[JsonDerivedType(typeof(GuardrailBlocked), "guardrail_blocked")]
[JsonDerivedType(typeof(BudgetExceeded), "budget_exceeded")]
[JsonDerivedType(typeof(AgentProgressed), "agent_progressed")]
public abstract record RunEvent
{
    private long _ticks;
    private string _path = "";
    private int _visit = 1;
    private int _attempt = 1;

    private protected RunEvent()
    {
    }

    /// <summary>Position in the run, from 1 and without gaps; 0 until appended.</summary>
    [JsonPropertyName("seq"), JsonInclude]
    public long Sequence { get; private set; }

    /// <summary>When it happened.</summary>
    [JsonPropertyName("at"), JsonInclude]
    public DateTimeOffset Time
    {
        get => new(_ticks, TimeSpan.Zero);
        private set => _ticks = value.UtcTicks;
    }

    /// <summary>The place: empty for the run itself, else the path of the node, agent or inline step.</summary>
    public string Path { get => _path; init => _path = value; }

    /// <summary>How often the run has come to this place, from 1.</summary>
    public int Visit { get => _visit; init => _visit = value; }

    /// <summary>Which try of this visit it is, from 1.</summary>
    public int Attempt { get => _attempt; init => _attempt = value; }

    /// <summary>The trace under which it happened, 32 hex digits, or <see langword="null"/> when nobody traced.</summary>
    [JsonInclude]
    public string? TraceId { get; private set; }

    /// <summary>The span under which it happened, 16 hex digits, or <see langword="null"/>.</summary>
    [JsonInclude]
    public string? SpanId { get; private set; }

    /// <summary>The run that it belongs to. A journal holds one run's events and leaves it out.</summary>
    [JsonIgnore]
    public RunIdentity? Run { get; private set; }

    /// <summary>The place of its entry in the audit log, once the log has acknowledged one in this process; 0 until then.</summary>
    [JsonIgnore]
    public long AuditSequence { get; private set; }

    /// <summary>Whether this is the run's last event.</summary>
    [JsonIgnore]
    public bool IsTerminal => Path.Length == 0 && this is (RunCompleted or RunFailed or RunCancelled);

    /// <summary>Whether it happened on a visit of a place: at the place itself, or inside it on any attempt.</summary>
    internal bool BelongsTo(string path, int visit) => (_path == path && _visit == visit) || StepPath.IsInside(_path, path, visit);

    /// <summary>Gives the event its place in a run. Done once, by the log that appends it; an event read from a journal keeps what was written.</summary>
    /// <returns>The same event.</returns>
    public RunEvent Stamp(RunIdentity run, long sequence, DateTimeOffset time)
    {
        (Run, Sequence, Time) = (run, sequence, time);
        return this;
    }

    /// <summary>Notes the place of the event's entry in the audit log.</summary>
    public void Audited(long sequence) => AuditSequence = sequence;

    /// <summary>Moves an event that nobody keeps to another place, to use it again.</summary>
    private protected void MoveTo(string path, int visit, int attempt) =>
        (_path, _visit, _attempt, TraceId, SpanId, AuditSequence) = (path, visit, attempt, null, null, 0);

    /// <summary>Says that the event happened under the span of another.</summary>
    /// <returns>The same event.</returns>
    public RunEvent TracedAs(RunEvent other)
    {
        ArgumentNullException.ThrowIfNull(other);
        (TraceId, SpanId) = (other.TraceId, other.SpanId);
        return this;
    }

    /// <summary>Says under which span the event happened.</summary>
    /// <returns>The same event.</returns>
    public RunEvent TracedBy(Activity? activity)
    {
        if (activity is not null) (TraceId, SpanId) = (activity.TraceId.ToHexString(), activity.SpanId.ToHexString());
        return this;
    }
}
