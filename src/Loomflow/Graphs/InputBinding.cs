using System.Collections;

namespace Loomflow;

/// <summary>
/// Turns what was delivered to a node into its step's input: one delivery is handed over as it is, several as a list in the
/// order in which the edges were declared, whatever order they came in.
/// </summary>
internal sealed class InputBinding
{
    private readonly Type _type;
    private readonly Type? _element;
    private readonly bool _asText;

    private InputBinding(Type type, Type? element, bool asText)
    {
        _type = type;
        _element = element;
        _asText = asText;
    }

    /// <summary>The binding for a step, and what is wrong with the types of the edges that lead to it.</summary>
    public static InputBinding For(Step step, IReadOnlyList<(string Source, Type Type)> sources, List<string> problems)
    {
        if (step.AcceptsText) return new InputBinding(step.InputType, null, asText: true);
        if (step.InputType == typeof(object) || sources.All(source => Fits(source.Type, step.InputType)))
        {
            return new InputBinding(step.InputType, null, asText: false);
        }

        var element = ElementOf(step.InputType);
        if (element is not null && sources.All(source => Fits(source.Type, element)))
        {
            return new InputBinding(step.InputType, element, asText: false);
        }

        foreach (var (source, type) in sources.Where(source => !Fits(source.Type, element ?? step.InputType)))
        {
            problems.Add($"type mismatch on the edge '{source}' -> '{step.Name}': {NameOf(type)} arrives, {NameOf(step.InputType)} is taken: change one of the two, or put a step between them.");
        }

        return new InputBinding(step.InputType, null, asText: false);
    }

    public object? Bind(string node, ReadOnlySpan<object?> values)
    {
        if (_element is not null) return List(values);
        if (values.Length == 1) return _asText ? Payload.Of(values[0]).ToString() : values[0];
        if (_asText) return Payload.Of(values.ToArray()).ToString();
        if (_type == typeof(object) || _type.IsAssignableFrom(typeof(object[]))) return values.ToArray();
        throw new PayloadException(
            $"Node '{node}' received {values.Length} values at once but takes a single {NameOf(_type)}: let it take IReadOnlyList<{NameOf(_type)}>, or route so that one branch reaches it.");
    }

    private IList List(ReadOnlySpan<object?> values)
    {
        IList list = _type.IsAssignableFrom(_element!.MakeArrayType())
            ? Array.CreateInstance(_element, values.Length)
            : (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(_element))!;
        for (var i = 0; i < values.Length; i++)
        {
            if (list.IsFixedSize) list[i] = values[i];
            else list.Add(values[i]);
        }

        return list;
    }

    // Values that come as object are checked when they arrive.
    private static bool Fits(Type given, Type taken) => taken.IsAssignableFrom(given) || given == typeof(object);

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray) return type.GetElementType();
        if (!type.IsGenericType) return null;
        var definition = type.GetGenericTypeDefinition();
        return definition == typeof(IReadOnlyList<>) || definition == typeof(IReadOnlyCollection<>) || definition == typeof(IEnumerable<>)
            || definition == typeof(IList<>) || definition == typeof(ICollection<>) || definition == typeof(List<>)
            ? type.GetGenericArguments()[0] : null;
    }

    internal static string NameOf(Type type) => type.IsGenericType
        ? $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(NameOf))}>"
        : type.Name;
}
