using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace Loomflow.Offline;

/// <summary>Calls the tools that a request plainly asks for, if their arguments can be found in it.</summary>
internal static partial class ToolChoice
{
    private const int Plain = 3;
    private const int MaxCalls = 4;

    public static List<FunctionCallContent> Choose(OfflineModel.Request request)
    {
        if (request.Tools.Count == 0) return [];
        var stems = Evidence.Stems(request.Prompt).ToHashSet(StringComparer.Ordinal);
        var scored = request.Tools
            .Select(tool => (Tool: tool, Score: Score(tool, request, stems)))
            .Where(one => one.Score >= Plain)
            .OrderByDescending(one => one.Score)
            .ToList();
        var calls = new List<FunctionCallContent>();
        foreach (var (tool, score) in scored)
        {
            // A second tool only where the request asks for it about as plainly as for the first.
            if (calls.Count == MaxCalls || (calls.Count > 0 && score * 3 < scored[0].Score * 2)) break;
            if (Arguments.For(tool, request.Prompt, request.Asked) is { } arguments) calls.Add(new FunctionCallContent($"call_{calls.Count + 1}", tool.Name, arguments));
        }

        return calls;
    }

    private static int Score(AIFunctionDeclaration tool, OfflineModel.Request request, HashSet<string> stems)
    {
        var score = Evidence.Score(SplitName(tool.Name), stems);
        score += Evidence.Stems(tool.Description).Distinct().Count(stems.Contains);
        if (request.Prompt.Contains(tool.Name, StringComparison.OrdinalIgnoreCase)) score += Plain;

        // "When the user asks for a refund, use the refund_flow tool": the sentence says when.
        foreach (Match sentence in Sentence().Matches(request.Instructions))
        {
            if (!sentence.Value.Contains(tool.Name, StringComparison.OrdinalIgnoreCase)) continue;
            if (Always().IsMatch(sentence.Value)) score += Plain;
            score += 2 * Evidence.Stems(sentence.Value).Distinct().Count(stems.Contains);
        }

        return score;
    }

    private static string SplitName(string name) => Camel().Replace(name, " $1").Replace('_', ' ').Replace('-', ' ');

    [GeneratedRegex(@"[^.\n!?]+(?:[.\n!?]|$)")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\b(always|every|each|first|must|decide whether to invoke)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Always();

    [GeneratedRegex("(?<=[a-z0-9])([A-Z])")]
    private static partial Regex Camel();
}
