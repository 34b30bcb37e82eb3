using System.Globalization;

namespace Loomflow.Tests.Scheduling;

/// <summary>
/// Workflows made at random, with cycles, routers, conditional edges, joins, nested workflows, maps, retries, detours, delays, approvals and
/// signals. What a step gives depends on its name and input alone, so a run has one right result whatever the order of events.
/// </summary>
internal sealed class RandomGraph
{
    private readonly Random _random;
    private readonly bool _waits;

    private RandomGraph(int seed, bool waits) => (_random, _waits) = (new Random(seed), waits);

    /// <summary>Has a step take its time in a real engine.</summary>
    public static Func<Task> Pause { get; } = static async () =>
    {
        for (var i = Random.Shared.Next(4); i > 0; i--) await Task.Yield();
    };

    public static Workflow<object?, object?> Make(int seed, int size, bool waits) => new RandomGraph(seed, waits).Build("root", size, depth: 0);

    /// <summary>What a code step gives.</summary>
    public static string Digest(string name, Payload input)
    {
        var hash = 2166136261u;
        foreach (var c in $"{name}|{input}") hash = (hash ^ c) * 16777619;
        return hash.ToString("x8", CultureInfo.InvariantCulture);
    }

    private Workflow<object?, object?> Build(string name, int size, int depth)
    {
        var builder = new WorkflowBuilder(name).WithOptions(new WorkflowOptions
        {
            MaxConcurrency = _random.Next(1, 5),
            MaxSteps = _random.Next(4) == 0 ? _random.Next(1, 12) : 60,
            MaxVisitsPerNode = _random.Next(2, 6),
        });
        var nodes = _random.Next(1, size + 1);
        for (var i = 0; i < nodes; i++) builder.AddNode($"n{i}", StepOf($"n{i}", i < nodes - 1 ? $"n{i + 1}" : Workflow.END, size, depth));

        var reached = new bool[nodes];
        for (var i = 0; i < nodes; i++) AddEdges(builder, i, nodes, reached);
        if (_random.Next(5) == 0)
        {
            builder.AddRouter<object?>(Workflow.START, input => Pick(input, 2), new Dictionary<string, string> { ["0"] = "n0" }, fallback: $"n{_random.Next(nodes)}");
            reached[0] = true;
            for (var i = 1; i < nodes; i++)
            {
                if (!reached[i]) builder.AddEdge("n0", $"n{i}");
            }
        }
        else
        {
            for (var i = 0; i < nodes; i++)
            {
                if (i == 0 || !reached[i] || _random.Next(6) == 0) builder.AddEdge(Workflow.START, $"n{i}");
            }
        }

        try
        {
            return builder.Build();
        }
        catch (WorkflowDefinitionException)
        {
            // A router beside plain edges, or a start that does not reach everything: another graph, then.
            return Build(name, size, depth);
        }
    }

    private void AddEdges(WorkflowBuilder builder, int from, int nodes, bool[] reached)
    {
        var source = $"n{from}";
        var targets = Enumerable.Range(0, _random.Next(1, 4)).Select(_ => _random.Next(nodes)).Distinct().ToArray();
        switch (_random.Next(4))
        {
            case 0:
                var routes = targets.Select((target, i) => (Label: $"{i}", Target: $"n{target}")).ToDictionary(route => route.Label, route => route.Target);
                routes[$"{routes.Count}"] = Workflow.END;
                foreach (var target in targets) reached[target] |= target > from;
                builder.AddRouter<object?>(source, async value =>
                {
                    await Pause();
                    return Pick(value, routes.Count);
                }, routes);
                break;
            case 1:
                foreach (var target in targets.Where(target => target > from))
                {
                    reached[target] = true;
                    builder.AddEdge<object?>(source, $"n{target}", value => Pick(value, 2) == "0", "even");
                }

                builder.AddEdge(source, from + 1 < nodes ? $"n{from + 1}" : Workflow.END);
                if (from + 1 < nodes) reached[from + 1] = true;
                break;
            default:
                foreach (var target in targets.Where(target => target > from))
                {
                    reached[target] = true;
                    builder.AddEdge(source, $"n{target}");
                }

                break;
        }
    }

    private Step StepOf(string name, string next, int size, int depth)
    {
        var kind = _random.Next(_waits ? 12 : 9);
        return kind switch
        {
            0 when depth < 2 => Build(name, Math.Max(1, size / 2), depth + 1),
            1 => Flaky(name).WithRetry(new RetryPolicy { MaxAttempts = 3, InitialDelay = TimeSpan.FromMilliseconds(1), Jitter = 0 }),
            2 => Broken(name).OnFailure(FailurePolicy.ContinueWith(failure => $"instead: {failure.Message}")),
            3 => Broken(name).OnFailure(FailurePolicy.GoTo(next)),
            4 => Workflow.Chain("each", Step.Of((object? input) => Task.FromResult<IReadOnlyList<string>>([.. Digest(name, Payload.Of(input)).Take(3).Select(c => $"{c}")])), Step.Map("map", Step.Of((string digit) => Task.FromResult(Digest("element", Payload.Of(digit))), "element"), 2)),
            9 => Waits.Delay<object?>(name, TimeSpan.FromMilliseconds(5)),
            10 => Waits.Approval<object?>(name),
            11 => Waits.Signal<object?, string>(name, "go"),
            _ => Plain(name),
        };
    }

    private static Step<object?, string> Plain(string name) => Step.Of(async (object? input) =>
    {
        await Pause();
        return Digest(name, Payload.Of(input));
    }, name);

    private static Step<object?, string> Flaky(string name) => Step.Of(async (object? input) =>
    {
        await Pause();
        return StepScope.Current!.Attempt < 3 ? throw new InvalidOperationException("not yet") : Digest(name, Payload.Of(input));
    }, name);

    private static Step<object?, string> Broken(string name) => Step.Of<object?, string>(async input =>
    {
        await Pause();
        throw new InvalidOperationException($"broken {Digest(name, Payload.Of(input))}");
    }, name);

    private static string Pick(object? value, int count) =>
        (Digest("pick", Payload.Of(value))[^1] % count).ToString(CultureInfo.InvariantCulture);
}
