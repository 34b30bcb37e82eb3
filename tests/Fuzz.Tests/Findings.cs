using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>How a service answered, and what it should not have done.</summary>
internal sealed partial class Findings
{
    // A message was no protobuf; or the caller had gone, or its deadline had come.
    private static readonly string[] s_notItsFault =
    [
        "Google.Protobuf.InvalidProtocolBufferException", "System.Threading.Tasks.TaskCanceledException", "System.OperationCanceledException",
        "System.Net.Sockets.SocketException", "Microsoft.AspNetCore.Connections.ConnectionResetException",
    ];

    // What Kestrel stumbles over in its own parser ends the connection and nothing else.
    private static readonly string[] s_parsers = ["at Microsoft.AspNetCore.Server.Kestrel.", "at System.Net.Http.HPack."];

    private const int Kept = 20;
    private readonly ConcurrentDictionary<(string Kind, string Answer), int> _answers = new();
    private readonly ConcurrentQueue<string> _bad = new();
    private string? _thrown;

    public IReadOnlyCollection<string> Bad => _bad;

    public int Total => _answers.Values.Sum();

    /// <summary>Answers by kind, the most frequent first.</summary>
    public string Summary => string.Join('\n', _answers.OrderBy(one => one.Key.Kind).ThenByDescending(one => one.Value).Select(one => $"{one.Key.Kind,-18} {one.Key.Answer,-60} {one.Value,7}"));

    public void Answered(string kind, string answer) => _answers.AddOrUpdate((kind, answer), 1, (_, count) => count + 1);

    /// <summary>Looks at a line of the service's log: whatever else was thrown there is the service's own fault.</summary>
    public void Logged(string line)
    {
        if (Thrown().Match(line) is { Success: true } thrown)
        {
            _thrown = s_notItsFault.Contains(thrown.Groups[1].Value) ? null : line.Trim();
        }
        else if (_thrown is { } what && line.TrimStart() is var frame && frame.StartsWith("at ", StringComparison.Ordinal))
        {
            if (!s_parsers.Any(parser => frame.StartsWith(parser, StringComparison.Ordinal))) Add($"thrown in the service: {what} {frame}");
            _thrown = null;
        }
    }

    public void Add(string bad)
    {
        if (_bad.Count < Kept) _bad.Enqueue(bad.Length > 2_000 ? bad[..2_000] : bad);
    }

    [GeneratedRegex(@"^\s+(?:---> )?([A-Z][\w.]+Exception)(?: \(\w+\))?: ")]
    private static partial Regex Thrown();
}
