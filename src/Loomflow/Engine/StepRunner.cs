using System.Diagnostics;
using System.Threading.Channels;

namespace Loomflow;

/// <summary>Runs the code of steps and routers, each under its own scope and span, and reports what became of it.</summary>
internal sealed class StepRunner(RunContext context, ChannelWriter<Arrival> arrivals)
{
    // What is ambient where the run is driven, for code that begins on the pool: the same for every step, and restored after each.
    private ExecutionContext? _ambient;

    /// <summary>Steps and choices whose code has begun and whose end has not arrived. Belongs to the one who reads the arrivals.</summary>
    public int UnderWay { get; private set; }

    /// <summary>Takes note that the end of some code has arrived.</summary>
    public void Arrived(in Arrival arrival)
    {
        if (arrival.Kind is not (ArrivalKind.StepEnded or ArrivalKind.Chosen)) return;
        UnderWay--;
        if (arrival.Visit is null) arrival.Frame!.ChoiceUnderWay = false;
        else if (arrival.Visit.Attempts == arrival.Attempt) arrival.Visit.CodeUnderWay = false;
    }

    /// <summary>Begins a visit's code: here when there is nothing else to do, else on the pool, so that a step that computes does not hold up others.</summary>
    public void Start(NodeVisit visit, FrameRun frame, bool alone)
    {
        visit.CodeUnderWay = true;
        UnderWay++;
        _ambient ??= ExecutionContext.Capture();
        var work = new StepWork(this, visit, frame);
        if (alone) work.Execute();
        else ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }

    /// <summary>Asks a router, or the conditions of a node, where to go on.</summary>
    public void Choose(Frame frame, NodeVisit? visit, FrameRun run)
    {
        if (visit is null) frame.ChoiceUnderWay = true;
        else visit.CodeUnderWay = true;
        UnderWay++;
        _ = ChooseAsync(frame, visit, run);
    }

    public void OpenSpan(NodeVisit visit, FrameRun frame)
    {
        if (visit.Span is not null || !LoomTelemetry.Source.HasListeners()) return;
        var current = Activity.Current;
        Activity.Current = frame.Span ?? current;
        if (Spans.Start(LoomTelemetry.StepSpan, "workflow", context, ScopeOf(context, visit), []) is { } span) visit.Span = span;
        Activity.Current = current;
    }

    /// <summary>The span of a workflow nested in a visit.</summary>
    public Activity? OpenNestedSpan(NodeVisit visit)
    {
        if (visit.Span is null || visit.Definition.Step.Kind != StepKind.Workflow) return visit.Span;
        var current = Activity.Current;
        Activity.Current = visit.Span;
        var span = WorkflowSpan.Start(context, (IWorkflow)visit.Definition.Step, visit.Input, ScopeOf(context, visit));
        Activity.Current = current;
        return span;
    }

    /// <summary>Says how an attempt ended, once that is written down.</summary>
    public async ValueTask ReportAsync(NodeVisit visit, ValueTask written, RunEvent ended, DateTimeOffset began, string outcome, Failure? failure)
    {
        var span = visit.Span;
        visit.Span = null;
        span.Conclude(outcome, failure);
        try
        {
            await written.ConfigureAwait(false);
        }
        catch
        {
            span?.End();
            throw;
        }

        RunMetrics.StepEnded(visit, outcome, ended.Time - began);
        if (span is not null) context.Events.EndSpan(span, ended);
    }

    /// <summary>Ends the span of a visit that goes on elsewhere, or later.</summary>
    public static void LeaveSpan(NodeVisit visit, string outcome)
    {
        if (visit.Span is not { } span) return;
        visit.Span = null;
        span.Conclude(outcome);
        span.End();
    }

    private static StepScope ScopeOf(RunContext context, NodeVisit visit) => new(context, visit.Path, visit.Visit, visit.Attempts);

    private async Task ChooseAsync(Frame frame, NodeVisit? visit, FrameRun run)
    {
        var arrival = new Arrival(ArrivalKind.Chosen) { Frame = frame, Visit = visit, Attempt = visit?.Attempts ?? 1 };
        try
        {
            using var scope = new StepScope(run.Context, visit?.Path ?? frame.Path, visit?.Visit ?? 1, visit?.Attempts ?? 1).Enter();
            var route = visit is null
                ? await RouteAsync(frame.Graph.EntryRouter!, "START", frame.InputValue, frame.Graph, run.Token).ConfigureAwait(false)
                : visit.Definition.Router is { } router
                    ? await RouteAsync(router, visit.Node, visit.Output.As(visit.Definition.Step.OutputType), frame.Graph, run.Token).ConfigureAwait(false)
                    : ByConditions(visit, frame.Graph);
            arrival = arrival with { Value = route with { Path = visit?.Path ?? frame.Path, Visit = visit?.Visit ?? 1, Attempt = visit?.Attempts ?? 1 } };
        }
        catch (Exception failure)
        {
            arrival = arrival with { Error = failure };
        }

        arrivals.TryWrite(arrival);
    }

    private static async ValueTask<RouteTaken> RouteAsync(Router router, string node, object? value, Graph graph, CancellationToken cancellationToken)
    {
        var label = await router.Classify(value, cancellationToken).ConfigureAwait(false);
        return Taken(label, graph, [graph.Edges[router.Pick(node, label)]]);
    }

    private static RouteTaken ByConditions(NodeVisit visit, Graph graph)
    {
        var value = visit.Output.As(visit.Definition.Step.OutputType);
        var taken = visit.Definition.Out.Where(edge => edge.Condition?.Invoke(value) ?? true).ToArray();
        return taken.Length > 0
            ? Taken(null, graph, taken)
            : throw new NoRouteException(visit.Node, visit.Output.ToString(), visit.Definition.Out.Select(edge => edge.ConditionText ?? "condition"));
    }

    private static RouteTaken Taken(string? label, Graph graph, Edge[] edges) => new()
    {
        Label = label,
        Edges = [.. edges.Select(edge => edge.Index)],
        Targets = [.. edges.Select(edge => edge.Target == Edge.Outside ? "END" : graph.Nodes[edge.Target].Name)],
    };

    /// <summary>One attempt of one visit.</summary>
    private sealed class StepWork(StepRunner runner, NodeVisit visit, FrameRun frame) : IThreadPoolWorkItem
    {
        // What timers of the platform can wait.
        private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);
        private readonly StepScope _scope = new(frame.Context, visit.Path, visit.Visit, visit.Attempts);
        private AttemptLimit? _limit;
        private int _reported;

        public void Execute()
        {
            var ready = WaitAsync();
            if (ready.IsCompletedSuccessfully) Begin();
            else _ = BeginAfterAsync(ready);

            ValueTask WaitAsync()
            {
                try
                {
                    return frame.Context.Events.WaitToBeginAsync(visit.Path, frame.Token);
                }
                catch (Exception failure)
                {
                    return ValueTask.FromException(failure);
                }
            }
        }

        private void Begin()
        {
            runner.RestoreAmbient();
            try
            {
                runner.OpenSpan(visit, frame);
                if (visit.Span is { } span) Activity.Current = span;
                _scope.EnterForGood();
                var task = visit.Definition.Step.InvokeAsync(visit.Input.As(visit.Definition.Step.InputType), Limited());
                if (task.IsCompletedSuccessfully) Report(task.Result, null);
                else _ = AwaitAsync(task);
            }
            catch (Exception failure)
            {
                Report(null, failure);
            }
            finally
            {
                runner.RestoreAmbient();
            }
        }

        private async Task BeginAfterAsync(ValueTask ready)
        {
            try
            {
                await ready.ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                Report(null, failure);
                return;
            }

            Begin();
        }

        private async Task AwaitAsync(ValueTask<object?> task)
        {
            try
            {
                Report(await task.ConfigureAwait(false), null);
            }
            catch (Exception failure)
            {
                Report(null, failure);
            }
        }

        private CancellationToken Limited()
        {
            var policy = visit.Definition.Step.Policy;
            if (policy.AttemptTimeout is null && policy.Timeout is null) return frame.Token;
            var time = frame.Context.Time;
            var left = policy.Timeout is { } total ? visit.StartedAt + total - time.GetUtcNow() : TimeSpan.MaxValue;
            var limit = policy.AttemptTimeout is { } attemptLimit && attemptLimit < left ? attemptLimit : left;
            if (limit > s_longest) return frame.Token;
            _limit = new AttemptLimit(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, visit.Frame.Graph.Options.CancellationGrace, time, frame.Token, LeaveBehind);
            return _limit.Token;
        }

        /// <summary>The step has gone on beyond its limit and does not stop either: the run goes on without it.</summary>
        private void LeaveBehind() => Report(null, TimedOut(null));

        private TimeoutException TimedOut(Exception? inner) =>
            new($"Step '{visit.Node}' took longer than {_limit!.Duration} in attempt {_scope.Attempt}.", inner);

        private void Report(object? value, Exception? failure)
        {
            if (Interlocked.Exchange(ref _reported, 1) != 0) return;
            if (_limit is { } limit)
            {
                if (failure is OperationCanceledException && limit.IsOver && !frame.Token.IsCancellationRequested) failure = TimedOut(failure);
                limit.Dispose();
            }

            runner.Arrivals.TryWrite(new Arrival(ArrivalKind.StepEnded)
            {
                Frame = visit.Frame,
                Visit = visit,
                Attempt = _scope.Attempt,
                Value = value,
                Error = failure,
                Usage = _scope.Consumed,
            });
        }
    }

    private ChannelWriter<Arrival> Arrivals => arrivals;

    private void RestoreAmbient()
    {
        // Null where the flow of the execution context is suppressed.
        if (_ambient is { } ambient) ExecutionContext.Restore(ambient);
    }
}
