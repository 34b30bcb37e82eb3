namespace Loomflow.Security;

/// <summary>
/// Replaces the secrets in a text that comes in pieces. What may be the beginning of a secret is held back until the text has gone on or has ended.
/// </summary>
/// <remarks>
/// The scrubber's own patterns and names (<see cref="SecretScrubberOptions"/>) are found within a line: where there are any, text goes on line by line.
/// Not for concurrent use.
/// </remarks>
public sealed class StreamScrubber(SecretScrubber scrubber)
{
    private string _held = "";

    /// <summary>Takes the next piece, and gives what can be shown by now; often less than the piece, and sometimes more.</summary>
    public string Append(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        var text = _held + piece;
        var settled = scrubber.SettledLength(text);
        _held = text[settled..];
        return settled == 0 ? "" : scrubber.Scrub(text[..settled]);
    }

    /// <summary>The text has ended: gives what was held back.</summary>
    public string End()
    {
        var rest = scrubber.Scrub(_held);
        _held = "";
        return rest;
    }
}
