namespace Aspire.Hosting.Run;

/// <summary>What to start for one replica.</summary>
internal sealed record ProcessSpec(string FileName, IReadOnlyList<string> Arguments, string WorkingDirectory)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Written to the standard input, which then ends.</summary>
    public string Input { get; init; } = "";

    /// <summary>What to do when the program is not on the PATH.</summary>
    public string HowToInstall { get; init; } = "";
}
