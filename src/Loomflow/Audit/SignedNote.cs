using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Loomflow.Audit;

/// <summary>C2SP signed notes that carry a checkpoint.</summary>
public static class SignedNote
{
    internal const string SignaturePrefix = "\u2014 ";

    private const int MaxSignatures = 16;

    /// <summary>
    /// Opens a note: the text is believed only if a known key signed it, and no signature that claims a known key may be wrong.
    /// Signatures of other keys are ignored, as the specification asks.
    /// </summary>
    /// <param name="note">The note.</param>
    /// <param name="keys">The keys to believe.</param>
    /// <param name="checkpoint">What was signed.</param>
    /// <param name="problem">Why the note cannot be believed.</param>
    public static bool TryOpen(string note, IEnumerable<CheckpointKey> keys, [NotNullWhen(true)] out Checkpoint? checkpoint, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(keys);
        if (!TryRead(note, out checkpoint, out var signatures))
        {
            problem = "it is not a signed note";
            return false;
        }

        var text = Encoding.UTF8.GetBytes(checkpoint.ToText());
        var known = false;
        foreach (var (name, id, signature) in signatures)
        {
            if (keys.FirstOrDefault(key => key.Name == name && key.Id.AsSpan().SequenceEqual(id)) is not { } key) continue;
            known = true;
            if (key.Verify(text, signature)) continue;
            problem = "its signature is not valid";
            return false;
        }

        problem = known ? null : "no known key signed it";
        return known;
    }

    /// <summary>Reads a note without believing it.</summary>
    public static bool TryRead(string note, [NotNullWhen(true)] out Checkpoint? checkpoint) => TryRead(note, out checkpoint, out _);

    private static bool TryRead(string note, [NotNullWhen(true)] out Checkpoint? checkpoint, out List<(string Name, byte[] Id, byte[] Signature)> signatures)
    {
        ArgumentNullException.ThrowIfNull(note);
        signatures = [];
        checkpoint = null;
        var separator = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (separator < 0 || separator + 2 >= note.Length || !note.EndsWith('\n')) return false;
        foreach (var line in note[(separator + 2)..^1].Split('\n'))
        {
            if (!line.StartsWith(SignaturePrefix, StringComparison.Ordinal) || signatures.Count == MaxSignatures) return false;
            if (line[SignaturePrefix.Length..].Split(' ') is not [var name, var encoded]) return false;
            var decoded = new byte[encoded.Length];
            if (!Convert.TryFromBase64String(encoded, decoded, out var length) || length <= 4) return false;
            // Base64 has more than one spelling; a note has one.
            if (Convert.ToBase64String(decoded.AsSpan(0, length)) != encoded) return false;
            signatures.Add((name, decoded[..4], decoded[4..length]));
        }

        return Checkpoint.TryParse(note[..(separator + 1)], out checkpoint);
    }
}
