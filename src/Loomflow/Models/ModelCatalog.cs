using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// Makes models from names such as <c>offline</c>, <c>claude-opus-4-7</c> or <c>gpt-4.1-mini</c>. Knows the models that need no key;
/// providers are added by the beginning of their models' names.
/// </summary>
public sealed class ModelCatalog
{
    private static readonly ImmutableSortedDictionary<string, string> s_elsewhere = ImmutableSortedDictionary<string, string>.Empty
        .Add("claude-", "AddAnthropic").Add("gpt-", "AddOpenAI").Add("o1", "AddOpenAI").Add("o3", "AddOpenAI").Add("o4-", "AddOpenAI");

    private ImmutableSortedDictionary<string, Func<string, IChatClient>> _factories = ImmutableSortedDictionary<string, Func<string, IChatClient>>.Empty
        .Add("echo", _ => Models.Echo())
        .Add("offline", _ => Models.Offline());

    /// <summary>The catalog that agents with a named model use.</summary>
    public static ModelCatalog Default { get; } = new();

    /// <summary>The names, and beginnings of names, that are known.</summary>
    public IEnumerable<string> Known => _factories.Keys;

    /// <summary>Has models whose names begin with <paramref name="prefix"/> made by <paramref name="create"/>, which is given the whole name.</summary>
    public ModelCatalog Add(string prefix, Func<string, IChatClient> create)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(prefix);
        ArgumentNullException.ThrowIfNull(create);
        ImmutableInterlocked.Update(ref _factories, factories => factories.SetItem(prefix, create));
        return this;
    }

    /// <summary>Makes a model.</summary>
    /// <exception cref="ArgumentException">No such model is known; the message lists those that are, and says how to add the provider where it is a well-known one.</exception>
    public IChatClient Create(string model)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(model);
        var prefix = _factories.Keys.Where(known => Fits(model, known)).MaxBy(known => known.Length);
        if (prefix is not null) return _factories[prefix](model);
        var known = string.Join(", ", Known.Select(name => name.EndsWith('-') ? $"'{name}…'" : $"'{name}'"));
        var provider = s_elsewhere.FirstOrDefault(one => model.StartsWith(one.Key, StringComparison.OrdinalIgnoreCase)).Value;
        throw new ArgumentException(
            provider is null
                ? $"The model '{model}' is not known. Known are {known}. Add others with ModelCatalog.Add(prefix, create)."
                : $"The model '{model}' needs its provider: reference Loomflow.Providers and call ModelCatalog.Default.{provider}(apiKey). Known so far are {known}.",
            nameof(model));
    }

    // A name without a dash at its end is a whole name: 'echo' is not the beginning of 'echolocation'.
    private static bool Fits(string model, string known) =>
        known.EndsWith('-') || known.EndsWith('/') || known.Any(char.IsDigit)
            ? model.StartsWith(known, StringComparison.OrdinalIgnoreCase)
            : model.Equals(known, StringComparison.OrdinalIgnoreCase);
}
