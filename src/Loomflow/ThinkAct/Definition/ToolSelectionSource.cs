using System.Reflection;

namespace Loomflow.ThinkAct;

/// <summary>The property or field of a class that holds a tool selection.</summary>
internal sealed class ToolSelectionSource(MemberInfo member)
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static ToolSelectionSource? Find(Type? type, string name)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.GetProperty(name, Declared) is { } property && property.PropertyType == typeof(ToolSelection)) return new(property);
            if (type.GetField(name, Declared) is { } field && field.FieldType == typeof(ToolSelection)) return new(field);
        }

        return null;
    }

    public ToolSelection Read(StepAgent agent) =>
        (ToolSelection?)(member is PropertyInfo property ? property.GetValue(agent) : ((FieldInfo)member).GetValue(agent))
        ?? throw new InvalidOperationException($"'{member.Name}' holds no tool selection: give it a value before the agent runs.");
}
