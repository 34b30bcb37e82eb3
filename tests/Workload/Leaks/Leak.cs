using System.Text.Json;

namespace Loomflow.Aspire.Workload.Leaks;

/// <summary>The secrets that a test has this process say, and words beside them that are none.</summary>
internal static class Leak
{
    private static readonly string[] s_texts = JsonSerializer.Deserialize<string[]>(Environment.GetEnvironmentVariable("WORKLOAD_SECRETS") is { Length: > 0 } texts ? texts : "[]")!;

    /// <summary>All of them, in the midst of ordinary words.</summary>
    public static string Text => $"leaky_canary {string.Join(" and ", s_texts)} leaky_canary";

    /// <summary>All of them as JSON: values, names, and texts that are JSON themselves.</summary>
    public static string Json => JsonSerializer.Serialize(new
    {
        list = s_texts,
        names = s_texts.ToDictionary(text => text, _ => 1),
        inner = JsonSerializer.Serialize(new { deep = s_texts }),
    });

    /// <summary>Fails, and says all of them with what it was given.</summary>
    public static Task<string> Throw(string text) =>
        throw new InvalidOperationException($"It cannot do '{text}' with {Text}", new IOException(Text));
}
