namespace Loomflow.Aspire.Cli;

/// <summary>What a person sees: headings, and details below them.</summary>
internal static class Terminal
{
    private static readonly bool s_colours = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    public static void Heading(string text) => Console.WriteLine(s_colours ? $"\e[1m> {text}\e[0m" : $"> {text}");

    public static void Detail(string text) => Console.WriteLine($"  {text.Replace("\n", "\n  ", StringComparison.Ordinal)}");

    public static void Line(string text) => Console.WriteLine(text);

    public static void Error(string text) => Console.Error.WriteLine(text);
}
