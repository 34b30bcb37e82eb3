using System.Runtime.InteropServices;

namespace Loomflow;

/// <summary>
/// The place inside a run that the calling code works at: a node, an agent or an inline step. Events that are written
/// here carry its path, and paths of nested work are built from it, the same on every attempt.
/// </summary>
public sealed class StepScope
{
    private static readonly AsyncLocal<StepScope?> s_current = new();
    private Dictionary<string, int>? _ordinals;
    private readonly string? _stepName;
    private UsageMeter? _usage;

    /// <summary>Creates the scope of a place inside a run.</summary>
    /// <param name="context">The run's context.</param>
    /// <param name="path">The place; empty for the run itself.</param>
    /// <param name="visit">How often the run has come here, from 1.</param>
    /// <param name="attempt">Which try of this visit it is, from 1.</param>
    public StepScope(RunContext context, string path = "", int visit = 1, int attempt = 1)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        Path = path;
        Visit = visit;
        Attempt = attempt;
        Step = path.Length > 0 ? this : null;
    }

    /// <summary>A place nested in <paramref name="outer"/>: a part of the same step, unless it is a step of its own, named <paramref name="step"/>.</summary>
    internal StepScope(StepScope outer, RunContext context, string path, string? step = null) : this(context, path, attempt: outer.Attempt)
    {
        Step = step is null ? outer.Step : this;
        _stepName = step;
    }

    private StepScope(StepScope same, RunContext context) : this(context, same.Path, same.Visit, same.Attempt)
    {
        Step = ReferenceEquals(same.Step, same) ? this : same.Step;
        _stepName = same._stepName;
    }

    /// <summary>The scope of the calling code, or <see langword="null"/> outside any run.</summary>
    public static StepScope? Current => s_current.Value;

    /// <summary>The run's context.</summary>
    public RunContext Context { get; }

    /// <summary>Where in the run this is, for example <c>triage/billing</c>; empty for the run itself.</summary>
    public string Path { get; }

    /// <summary>How often the run has come here, from 1.</summary>
    public int Visit { get; }

    /// <summary>Which try of this visit it is, from 1.</summary>
    public int Attempt { get; }

    /// <summary>The step that this place is, or is a part of; <see langword="null"/> where there is none: in the run itself, and in an agent that runs alone.</summary>
    internal StepScope? Step { get; }

    /// <summary>The name of the node or inline step whose place this is.</summary>
    internal string StepName => _stepName ?? StepPath.NameOf(Path);

    /// <summary>Counts what this place consumes and passes it on to the run. Nested runs take it as their meter's parent.</summary>
    public UsageMeter Usage => _usage ?? Interlocked.CompareExchange(ref _usage, new UsageMeter(Context.Usage), null) ?? _usage;

    /// <summary>What this place has consumed so far.</summary>
    public Usage Consumed => _usage?.Total ?? Loomflow.Usage.None;

    /// <summary>
    /// Names this visit of this step, the same on every attempt and in every process. Hand it to systems that can
    /// recognise a request they have already carried out.
    /// </summary>
    public string IdempotencyKey => $"{Context.RunId}/{Path}#{Visit}";

    /// <summary>
    /// The path of work nested in this scope: <c>{path}/{name}</c>, with <c>:2</c>, <c>:3</c>… when the same name comes again,
    /// and <c>{path}#{visit}/{name}</c> from the second visit on.
    /// Deterministic as long as the scope's code nests its work in the same order.
    /// </summary>
    public string NestedPath(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int ordinal;
        lock (s_current)
        {
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ordinals ??= [], name, out _);
            ordinal = ++count;
        }

        var segment = StepPath.Segment(name);
        if (ordinal > 1) segment = $"{segment}:{ordinal}";
        return Path.Length == 0 ? segment : Visit == 1 ? $"{Path}/{segment}" : $"{Path}#{Visit}/{segment}";
    }

    /// <summary>The same place with another context.</summary>
    internal StepScope With(RunContext context) => new(this, context);

    /// <summary>Makes this the calling code's scope until the returned value is disposed, on every path.</summary>
    public Entered Enter()
    {
        var outer = s_current.Value;
        s_current.Value = this;
        return new Entered(outer);
    }

    /// <summary>Makes this the calling code's scope; the caller restores its execution context itself.</summary>
    internal void EnterForGood() => s_current.Value = this;

    /// <summary>Hides any run from the calling code until the returned value is disposed.</summary>
    public static Entered Leave()
    {
        var outer = s_current.Value;
        s_current.Value = null;
        return new Entered(outer);
    }

    /// <summary>Restores the scope that was there before.</summary>
    public readonly struct Entered : IDisposable
    {
        private readonly StepScope? _outer;

        internal Entered(StepScope? outer) => _outer = outer;

        /// <summary>Restores the scope that was there before.</summary>
        public void Dispose() => s_current.Value = _outer;
    }
}
