using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>An agent's tools by name.</summary>
internal sealed class ToolSet
{
    private readonly Dictionary<string, AIFunction> _functions = new(StringComparer.Ordinal);

    private ToolSet()
    {
    }

    /// <summary>What models are offered.</summary>
    public List<AITool> Offered { get; } = [];

    public IEnumerable<string> Names => _functions.Keys;

    public AIFunction? Find(string name) => _functions.GetValueOrDefault(name);

    /// <exception cref="ArgumentException">Two tools have the same name.</exception>
    public static ToolSet Of(string agent, IEnumerable<AITool> tools)
    {
        var set = new ToolSet();
        foreach (var tool in tools)
        {
            ArgumentNullException.ThrowIfNull(tool);
            if (tool is AIFunction function && !set._functions.TryAdd(function.Name, function))
            {
                throw new ArgumentException($"Agent '{agent}' has two tools named '{function.Name}': give one of them another name with Tool.Of(…, name:).");
            }

            set.Offered.Add(tool);
        }

        return set;
    }

    public ToolSet With(string agent, IEnumerable<AITool> more) => Of(agent, Offered.Concat(more));
}
