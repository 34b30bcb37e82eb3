using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Loomflow.Offline;

/// <summary>Answers in sentences: from what tools returned, from what is known, or by taking up what was said.</summary>
internal static partial class Prose
{
    public static string Answer(OfflineModel.Request request)
    {
        if (request.Results.Count > 0) return FromResults(request.Results);
        var prompt = request.Prompt.Trim();
        if (prompt.Length == 0) return "There is nothing to answer.";
        if (Summarise().IsMatch(request.Instructions)) return Summary(Readable(prompt), 3);
        if (prompt.Contains('?', StringComparison.Ordinal) && FromKnowledge(request) is { } known) return known;
        var subject = Subject(request.Instructions);
        return subject is null ? TakenUp(prompt) : $"{subject}: {TakenUp(prompt)}";
    }

    private static string FromResults(IReadOnlyList<(string Tool, string Text)> results)
    {
        var told = results.Select(result => result.Text.StartsWith("Error:", StringComparison.Ordinal)
            ? Finished($"{result.Tool} did not work: {result.Text["Error:".Length..].Trim()}")
            : result.Text.Length == 0 ? $"{result.Tool} is done." : Summary(Readable(Unwrapped(result.Text)), 5));
        return string.Join('\n', told);
    }

    /// <summary>The sentence of everything that was said or remembered that has most in common with the question.</summary>
    private static string? FromKnowledge(OfflineModel.Request request)
    {
        var asked = Evidence.Stems(request.Prompt).ToHashSet(StringComparer.Ordinal);
        var best = request.Earlier
            .SelectMany(text => Sentences(Tags().Replace(text, " ")))
            .Select(sentence => (Sentence: sentence, Common: Evidence.Stems(sentence).Distinct().Count(asked.Contains)))
            .Where(one => one.Common > 0 && !one.Sentence.EndsWith('?'))
            .DefaultIfEmpty()
            .MaxBy(one => one.Common);
        return best.Sentence is null ? null : $"From what I know: {Finished(best.Sentence)}";
    }

    private static string Summary(string text, int sentences)
    {
        var all = Sentences(text);
        if (all.Count <= sentences) return text.Trim();

        // The sentences that use the text's most frequent words, in their order; the first one always.
        var weights = all.SelectMany(Evidence.Stems).CountBy(stem => stem).ToDictionary();
        var kept = all.Select((sentence, i) => (Sentence: sentence, Index: i, Weight: i == 0 ? double.MaxValue : Weight(sentence)))
            .OrderByDescending(one => one.Weight).Take(sentences).OrderBy(one => one.Index);
        return string.Join(' ', kept.Select(one => Finished(one.Sentence)));

        double Weight(string sentence) => Evidence.Stems(sentence) is { Count: > 0 } stems ? stems.Average(stem => weights[stem]) : 0;
    }

    private static string TakenUp(string prompt)
    {
        var text = Readable(prompt);
        var sentences = Sentences(text);
        if (sentences.Count == 0) return text;
        if (text.EndsWith('?')) return $"You ask: {sentences[^1]} Nothing that I was given says so.";
        var mirrored = string.Join(' ', sentences.Take(3).Select(sentence => Finished(Mirrored(sentence))));
        return $"I understand: {mirrored}";
    }

    /// <summary>What the instructions are about: "Handle billing." is about billing.</summary>
    private static string? Subject(string instructions)
    {
        var match = About().Match(instructions);
        if (!match.Success) return null;
        var subject = match.Groups[1].Value.Trim();
        return char.ToUpperInvariant(subject[0]) + subject[1..];
    }

    private static string Mirrored(string sentence) => Pronoun().Replace(sentence, match => match.Value.ToLowerInvariant() switch
    {
        "i" => "you", "i'm" => "you are", "i've" => "you have", "i'd" => "you would", "me" => "you", "my" => match.Index == 0 ? "Your" : "your", "mine" => "yours", "we" => "you", "our" => "your", _ => match.Value,
    });

    /// <summary>JSON as words: <c>approved: true, amount: 12</c>.</summary>
    private static string Readable(string text)
    {
        if (text.Length == 0 || text[0] is not ('{' or '[')) return text;
        try
        {
            var written = new StringBuilder();
            Write(JsonElement.Parse(text), written);
            return written.ToString();
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static void Write(JsonElement value, StringBuilder written)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                var first = true;
                foreach (var property in value.EnumerateObject())
                {
                    written.Append(first ? "" : ", ").Append(property.Name).Append(": ");
                    Write(property.Value, written);
                    first = false;
                }

                break;
            case JsonValueKind.Array:
                written.AppendJoin("; ", value.EnumerateArray().Select(item =>
                {
                    var one = new StringBuilder();
                    Write(item, one);
                    return one.ToString();
                }));
                break;
            case var kind:
                written.Append(kind == JsonValueKind.String ? value.GetString() : value.GetRawText());
                break;
        }
    }

    private static string Unwrapped(string text) => Tags().Replace(text, "").Trim();

    private static List<string> Sentences(string text) =>
        [.. Boundary().Split(text).Select(sentence => sentence.Trim()).Where(sentence => sentence.Length > 0)];

    private static string Finished(string sentence) => sentence.Length > 0 && sentence[^1] is '.' or '!' or '?' or '…' ? sentence : sentence + ".";

    [GeneratedRegex(@"(?<=[.!?])\s+|\n+")]
    private static partial Regex Boundary();

    [GeneratedRegex(@"</?[a-z_]+(?:\s[^>]*)?>")]
    private static partial Regex Tags();

    [GeneratedRegex(@"\b(summari[sz]e|summary|shorten|condense|tl;?dr|key points)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Summarise();

    [GeneratedRegex(@"\b(?:handle|help with|answer(?: questions)?(?: about)?|you are (?:an? |the )?(?:expert (?:in|on) )?|specialist for|responsible for)\s*(?:the\s+)?([A-Za-z][\w &-]{1,40}?)(?=[.,;:\n]|\s+(?:agent|assistant|questions|issues|requests|problems|team|specialist)|$)", RegexOptions.IgnoreCase)]
    private static partial Regex About();

    [GeneratedRegex(@"\b(I'm|I've|I'd|I|me|my|mine|we|our)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Pronoun();
}
