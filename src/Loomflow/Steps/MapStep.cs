using System.Globalization;

namespace Loomflow;

/// <summary>One step for each element of a list, as a graph that is made for the list's length.</summary>
internal sealed class MapStep<TIn, TOut>(string name, Step<TIn, TOut> element, int maxConcurrency)
    : Step<IReadOnlyList<TIn>, IReadOnlyList<TOut>>(name), INestedWorkflow, IMapStep
{
    internal override StepKind Kind => StepKind.Map;

    public Step Element => element;

    public Graph Expand(Payload input)
    {
        var count = input.As<IReadOnlyList<TIn>>()?.Count ?? 0;
        var draft = new GraphDraft(Name, typeof(IReadOnlyList<TIn>), typeof(IReadOnlyList<TOut>), new WorkflowOptions
        {
            MaxSteps = Math.Max(count, 1),
            MaxVisitsPerNode = 1,
            MaxConcurrency = maxConcurrency,
        })
        {
            GathersOutput = true,
        };
        for (var i = 0; i < count; i++)
        {
            var index = draft.AddNode(i.ToString(CultureInfo.InvariantCulture), element);
            draft.AddEdge(Edge.Outside, index, element: i);
            draft.AddEdge(index, Edge.Outside);
        }

        return draft.Compile(mayBeEmpty: true);
    }

    internal override ValueTask<object?> InvokeAsync(object? input, CancellationToken cancellationToken) =>
        throw new InvalidOperationException($"'{Name}' maps over a list: it works as a node of a workflow.");
}
