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

    // What Kestrel stumbles over in its own parser ends the connection and nothing else; what gRPC does, or the decompression of a message, ends the call.
    private static readonly string[] s_parsers = ["Microsoft.AspNetCore.Server.Kestrel.", "System.Net.Http.HPack.", "Grpc.Net.Protocol.", "Grpc.AspNetCore.Server.", "System.IO.Compression."];

    // As the console writes it.
    private const string Frame = @"\n   at ";

    private const int Kept = 20;
    private readonly ConcurrentDictionary<(string Kind, string Answer), int> _answers = new();
    private readonly ConcurrentQueue<string> _bad = new();

    public IReadOnlyCollection<string> Bad => _bad;

    public int Total => _answers.Values.Sum();

    /// <summary>Answers by kind, the most frequent first.</summary>
    public string Summary => string.Join('\n', _answers.OrderBy(one => one.Key.Kind).ThenByDescending(one => one.Value).Select(one => $"{one.Key.Kind,-18} {one.Key.Answer,-60} {one.Value,7}"));

    public void Answered(string kind, string answer) => _answers.AddOrUpdate((kind, answer), 1, (_, count) => count + 1);

    /// <summary>Looks at a line of the service's log: whatever else was thrown there is the service's own fault.</summary>
    public void Logged(string line)
    {
        // A record is one line: what was thrown first is named last before the first frame.
        var frames = line.IndexOf(Frame, StringComparison.Ordinal);
        var head = frames < 0 ? line : line[..frames];
        if (Thrown().Matches(head).LastOrDefault() is not { } thrown || s_notItsFault.Contains(thrown.Groups[1].Value)) return;
        var frame = frames < 0 ? "" : line[(frames + Frame.Length)..];
        if (!s_parsers.Any(parser => frame.StartsWith(parser, StringComparison.Ordinal))) Add($"thrown in the service: {line}");
    }

    public void Add(string bad)
    {
        if (_bad.Count < Kept) _bad.Enqueue(bad.Length > 2_000 ? bad[..2_000] : bad);
    }

    [GeneratedRegex(@"(?:\| |---> )([A-Z][\w.]+Exception)(?: \(\w+\))?: ")]
    private static partial Regex Thrown();
}
