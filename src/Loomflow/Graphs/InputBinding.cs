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
    private readonly bool _always;

    private InputBinding(Type type, Type? element = null, bool asText = false, bool always = false)
    {
        _type = type;
        _element = element;
        _asText = asText;
        _always = always;
    }

    /// <summary>Makes a list of all that comes, however few values that are.</summary>
    public static InputBinding List(Type type) => new(type, ElementOf(type), always: true);

    /// <summary>The binding for a step, and what is wrong with the types of the edges that lead to it.</summary>
    public static InputBinding For(Step step, IReadOnlyList<(string Source, Type Type)> sources, List<string> problems) => step switch
    {
        { AcceptsText: true } => new InputBinding(step.InputType, asText: true),
        { Gathers: true } => List(step.InputType),
        _ => For(step.InputType, step.Name, sources, problems),
    };

    /// <summary>The binding for a place that takes <paramref name="type"/>.</summary>
    public static InputBinding For(Type type, string target, IReadOnlyList<(string Source, Type Type)> sources, List<string> problems)
    {
        var element = ElementOf(type);
        if (sources.All(source => Fits(source.Type, type))) return new InputBinding(type, element);
        if (element is not null && sources.All(source => Fits(source.Type, element))) return new InputBinding(type, element, always: true);
        foreach (var (source, given) in sources.Where(source => !Fits(source.Type, type) && (element is null || !Fits(source.Type, element))))
        {
            problems.Add($"type mismatch on the edge '{source}' -> '{target}': {NameOf(given)} arrives, {NameOf(type)} is taken: change one of the two, or put a step between them.");
        }

        return new InputBinding(type);
    }

    /// <summary>Whether several values at once can become one input.</summary>
    public bool TakesSeveral => _element is not null || _asText || _type.IsAssignableFrom(typeof(object[]));

    /// <exception cref="PayloadException">The values are not what is taken.</exception>
    public object? Bind(string target, ReadOnlySpan<object?> values)
    {
        if (_asText) return values.Length == 1 ? Payload.Of(values[0]).ToString() : Payload.Of(values.ToArray()).ToString();
        if (values.Length == 1 && !_always && !IsElement(values[0])) return Fit(target, values[0], _type);
        if (_element is not null) return List(target, values);
        if (_type.IsAssignableFrom(typeof(object[])) && values.Length > 0) return values.ToArray();
        if (values.Length == 0) return Fit(target, null, _type);
        throw new PayloadException(
            $"'{target}' received {values.Length} values at once but takes a single {NameOf(_type)}: let it take IReadOnlyList<{NameOf(_type)}>, or route so that one branch reaches it.");
    }

    private bool IsElement(object? value) => _element is not null && value is not null && !_type.IsInstanceOfType(value) && _element.IsInstanceOfType(value);

    private static object? Fit(string target, object? value, Type type)
    {
        if (value is null)
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null
                ? throw new PayloadException($"'{target}' received nothing but takes {NameOf(type)}: give it a value, or let it take {NameOf(type)}?.")
                : null;
        }

        return type.IsInstanceOfType(value) ? value : Payload.Of(value).As(type);
    }

    private IList List(string target, ReadOnlySpan<object?> values)
    {
        IList list = _type.IsAssignableFrom(_element!.MakeArrayType())
            ? Array.CreateInstance(_element, values.Length)
            : (IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(_element))!;
        for (var i = 0; i < values.Length; i++)
        {
            var value = Fit(target, values[i], _element);
            if (list.IsFixedSize) list[i] = value;
            else list.Add(value);
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
