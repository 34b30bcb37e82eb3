namespace Loomflow.Aspire.Build.Tests.Feeds;

/// <summary>What a feed says of vulnerable packages.</summary>
internal abstract record Advisories
{
    /// <summary>It has nothing about them.</summary>
    public static Advisories None { get; } = new Absent();

    /// <summary>It says that it has something, and does not give it.</summary>
    public static Advisories Unavailable { get; } = new Broken();

    /// <summary>One advisory, for all versions below 2.0.0.</summary>
    /// <param name="id">The vulnerable package.</param>
    /// <param name="severity">As in NuGet's protocol: 0 low, 1 moderate, 2 high, 3 critical.</param>
    public static Advisories Below2(string id, int severity) => new One(id, severity);

    public sealed record Absent : Advisories;

    public sealed record Broken : Advisories;

    public sealed record One(string Id, int Severity) : Advisories;
}
