namespace Loomflow;

/// <summary>Texts as stores keep them: bounded.</summary>
internal static class MemoryText
{
    private const string CutMark = " […]";

    /// <summary>The episode in the form that is kept.</summary>
    public static Episode Bounded(Episode episode, MemoryOptions options)
    {
        ArgumentNullException.ThrowIfNull(episode);
        ArgumentException.ThrowIfNullOrEmpty(episode.Id, nameof(episode));
        ArgumentException.ThrowIfNullOrEmpty(episode.SessionId, nameof(episode));
        var left = options.MaxTextLength;
        return episode with
        {
            Input = Cut(episode.Input, options.MaxTextLength),
            Output = Cut(episode.Output, options.MaxTextLength),
            OccurredAt = MemoryTime.Truncate(episode.OccurredAt),
            ToolCalls = [.. episode.ToolCalls.TakeWhile(call => (left -= call.CallId.Length + call.Name.Length + call.Arguments.Length + call.Result.Length) >= 0)],
        };
    }

    /// <summary>The words that an episode is found by.</summary>
    public static string Words(Episode episode) => $"{episode.Input}\n{episode.Output}";

    /// <summary>The text, cut off with a mark where it is too long; never inside a surrogate pair.</summary>
    public static string Cut(string text, int length)
    {
        if (text.Length <= length) return text;
        var kept = Math.Max(0, length - CutMark.Length);
        if (kept > 0 && char.IsHighSurrogate(text[kept - 1])) kept--;
        return string.Concat(text.AsSpan(0, kept), CutMark.AsSpan(0, Math.Min(CutMark.Length, length)));
    }
}
