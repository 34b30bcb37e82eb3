using System.Globalization;
using Loomflow.Aspire.Orchestrator.Runs;

namespace Loomflow.Aspire.Orchestrator.Memories;

/// <summary>The last one of a page: the next one begins after it, whatever was added or forgotten meanwhile.</summary>
/// <param name="At">When it took place or was recorded, in Unix milliseconds.</param>
/// <param name="Id">Its id, which tells apart what is of one moment.</param>
internal readonly record struct MemoryCursor(long At, string Id)
{
    private static readonly long s_earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long s_latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>A moment after everything of the cursor's own.</summary>
    public DateTimeOffset Until => At == s_latest ? DateTimeOffset.MaxValue : DateTimeOffset.FromUnixTimeMilliseconds(At + 1);

    public static MemoryCursor Of(Episode episode) => new(episode.OccurredAt.ToUnixTimeMilliseconds(), episode.Id);

    public static MemoryCursor Of(Fact fact) => new(fact.RecordedAt.ToUnixTimeMilliseconds(), fact.Id);

    /// <exception cref="RunRefusedException">It is none.</exception>
    public static MemoryCursor? Read(string? text)
    {
        if (string.IsNullOrEmpty(text)) return null;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && long.TryParse(text.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at) && at >= s_earliest && at <= s_latest
            ? new MemoryCursor(at, text[(dot + 1)..])
            : throw RunRefusedException.BadCursor(text);
    }

    /// <summary>Whether another one comes after this one, where the newest are first.</summary>
    public bool IsBefore(MemoryCursor other) => other.At < At || (other.At == At && string.CompareOrdinal(other.Id, Id) < 0);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At}.{Id}");
}
