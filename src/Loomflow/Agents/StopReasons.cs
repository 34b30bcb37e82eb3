namespace Loomflow;

/// <summary>Stop reasons as events and spans spell them: <c>completed</c>, <c>max_turns</c>, <c>budget:max_tokens</c>, <c>guardrail:pii</c>.</summary>
internal static class StopReasons
{
    public static string Text(AgentResult result) => Text(result.StopReason, result.StopDetail);

    public static string Text(StopReason reason, string? detail)
    {
        var name = reason switch
        {
            StopReason.Completed => "completed",
            StopReason.MaxTurns => "max_turns",
            StopReason.Budget => "budget",
            StopReason.Guardrail => "guardrail",
            StopReason.Truncated => "truncated",
            StopReason.ContentFiltered => "content_filtered",
            _ => "stop_hooks_exhausted",
        };
        return detail is null ? name : $"{name}:{detail}";
    }

    public static (StopReason Reason, string? Detail) Parse(string? text)
    {
        var colon = text?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        var (name, detail) = colon < 0 ? (text, null) : (text![..colon], text[(colon + 1)..]);
        var reason = Enum.GetValues<StopReason>().FirstOrDefault(one => Text(one, null) == name);
        return (reason, detail);
    }
}
