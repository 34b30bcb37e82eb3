using System.Collections.Frozen;

namespace Loomflow;

/// <summary>Prices by the beginning of a model's name; the longest one that fits counts.</summary>
public sealed class ModelPrices
{
    private readonly FrozenDictionary<string, ModelPrice> _prices;

    /// <summary>Creates a price list.</summary>
    public ModelPrices(IEnumerable<KeyValuePair<string, ModelPrice>> prices) =>
        _prices = prices.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// List prices of some well-known models. Providers change them: give an agent your own list where cost matters.
    /// </summary>
    public static ModelPrices Default { get; } = new(new Dictionary<string, ModelPrice>
    {
        ["echo"] = default,
        ["scripted"] = default,
        ["offline"] = default,
        ["claude-opus-4"] = new(15m, 75m, 1.50m),
        ["claude-opus-4-5"] = new(5m, 25m, 0.50m),
        ["claude-opus-4-6"] = new(5m, 25m, 0.50m),
        ["claude-opus-4-7"] = new(5m, 25m, 0.50m),
        ["claude-sonnet-4"] = new(3m, 15m, 0.30m),
        ["claude-haiku-4"] = new(1m, 5m, 0.10m),
        ["claude-3-5-haiku"] = new(0.80m, 4m, 0.08m),
        ["gpt-4o"] = new(2.50m, 10m, 1.25m),
        ["gpt-4o-mini"] = new(0.15m, 0.60m, 0.075m),
        ["gpt-4.1"] = new(2m, 8m, 0.50m),
        ["gpt-4.1-mini"] = new(0.40m, 1.60m, 0.10m),
        ["gpt-4.1-nano"] = new(0.10m, 0.40m, 0.025m),
        ["gpt-5"] = new(1.25m, 10m, 0.125m),
        ["gpt-5-mini"] = new(0.25m, 2m, 0.025m),
        ["gpt-5-nano"] = new(0.05m, 0.40m, 0.005m),
        ["o3"] = new(2m, 8m, 0.50m),
        ["o4-mini"] = new(1.10m, 4.40m, 0.275m),
    });

    /// <summary>The price of a model, or <see langword="null"/> when it is not on the list.</summary>
    public ModelPrice? Find(string? model)
    {
        if (model is null) return null;
        for (var length = model.Length; length > 0; length--)
        {
            if (_prices.TryGetValue(model[..length], out var price)) return price;
        }

        return null;
    }

    /// <summary>The same list with one price added or changed.</summary>
    public ModelPrices With(string model, ModelPrice price) => new(_prices.Where(one => !one.Key.Equals(model, StringComparison.OrdinalIgnoreCase)).Append(new(model, price)));
}
