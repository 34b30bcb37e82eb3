namespace Loomflow;

/// <summary>Gives every node of a graph a name of its own: <c>lookup</c>, <c>lookup_2</c>, …</summary>
internal sealed class NodeNames
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal) { Workflow.START, Workflow.END };

    public string Unique(string name)
    {
        var unique = name;
        for (var i = 2; !_taken.Add(unique); i++) unique = $"{name}_{i}";
        return unique;
    }
}
