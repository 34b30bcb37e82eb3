using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Loomflow.Security;

/// <summary>
/// Replaces secrets by <see cref="Marker"/> before text is signed, logged or stored: keys and tokens known by their shape,
/// JSON properties known by their name, and what the options add. Text without any is returned as it is, quickly.
/// </summary>
public sealed partial class SecretScrubber
{
    /// <summary>What stands in a secret's place.</summary>
    public const string Marker = "[redacted]";

    private static readonly (Regex Pattern, string Replacement)[] s_known =
    [
        (PrivateKey(), Marker),
        (PrefixedToken(), Marker),
        (Credential(), "${kept}" + Marker),
        (Assignment(), "${kept}${quote}" + Marker),
        (UrlPassword(), "${kept}" + Marker + "@"),
    ];

    // Every known shape contains one of these, so a text without any needs no further look. Two sets, because few words are
    // found several times faster than many, and most text has none of the marks that all the others contain.
    private static readonly SearchValues<string> s_words = SearchValues.Create(
        ["key", "token", "secret", "passw", "passphrase", "pwd", "authorization", "credential", "connectionstring", "bearer ", "basic ", "AKIA", "ASIA", "AIza", "eyJ", "xox"],
        StringComparison.OrdinalIgnoreCase);

    private static readonly SearchValues<char> s_marks = SearchValues.Create("-_/\\%");

    private static readonly SearchValues<string> s_marked = SearchValues.Create(
        ["sk-", "sk_", "rk_", "pk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "npm_", "hf_", "-----BEGIN", "connection_string", "connection-string", "://", "%2", "%3", "%4", "%5", "%6", "%7"],
        StringComparison.OrdinalIgnoreCase);

    private static readonly string[] s_secretNames =
    [
        "password", "passwd", "pwd", "passphrase", "secret", "clientsecret", "apikey", "accesskey", "secretkey", "secretaccesskey", "privatekey", "signingkey",
        "token", "accesstoken", "refreshtoken", "idtoken", "authtoken", "bearertoken", "authorization", "credential", "credentials", "connectionstring",
    ];

    private readonly (Regex Pattern, string Replacement)[] _patterns;
    private readonly HashSet<string> _secretNames;
    private readonly bool _hasOwn;

    /// <summary>A scrubber of known secrets and those that the options add.</summary>
    /// <exception cref="ArgumentException">A pattern is not a regular expression of the non-backtracking dialect.</exception>
    public SecretScrubber(SecretScrubberOptions? options = null)
    {
        options ??= new SecretScrubberOptions();
        _patterns = [.. s_known, .. options.PropertyNames.Select(name => (AssignmentOf(name), "${kept}" + Marker)), .. options.Patterns.Select(pattern => (Compile(pattern), Marker))];
        _hasOwn = options.Patterns.Count > 0 || options.PropertyNames.Count > 0;
        _secretNames = [.. s_secretNames, .. options.PropertyNames.Select(Normalize)];
    }

    /// <summary>A scrubber of known secrets.</summary>
    public static SecretScrubber Default { get; } = new();

    /// <summary>Replaces the secrets in a text. One that is JSON has names and escapes, and is looked into as such.</summary>
    public string Scrub(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (!MayHoldSecret(text)) return text;
        if (text.AsSpan().TrimStart() is ['{' or '[', ..])
        {
            try
            {
                if (Rewrite(Encoding.UTF8.GetBytes(text), out var rewritten)) text = Encoding.UTF8.GetString(rewritten);
            }
            catch (JsonException)
            {
                // It only looked like it.
            }
        }

        text = Replace(text);
        return text.Contains('%', StringComparison.Ordinal) ? PercentEncoded().Replace(text, ScrubEncoded) : text;
    }

    /// <summary>
    /// Replaces an id that holds a secret by one that is made of its hash: the same id stays the same, two stay two, and nobody reads the secret.
    /// </summary>
    public string ScrubId(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        return Scrub(id) == id ? id : $"redacted-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, 16))}";
    }

    /// <summary>
    /// Replaces the secrets in the texts of a JSON document, escaped ones and those in texts that are JSON themselves included; everything else
    /// stays byte for byte, unless something was replaced. What is not JSON is treated as plain text.
    /// </summary>
    public byte[] ScrubJson(ReadOnlySpan<byte> utf8Json) => TryScrubJson(utf8Json, out var scrubbed) ? scrubbed : utf8Json.ToArray();

    /// <summary>Does what <see cref="ScrubJson"/> does where there is a secret to replace, and copies nothing where there is none.</summary>
    /// <returns>Whether something was replaced.</returns>
    public bool TryScrubJson(ReadOnlySpan<byte> utf8Json, [NotNullWhen(true)] out byte[]? scrubbed)
    {
        scrubbed = null;
        var chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(utf8Json.Length));
        try
        {
            var text = chars.AsSpan(0, Encoding.UTF8.GetChars(utf8Json, chars));
            if (!MayHoldSecret(text)) return false;
            try
            {
                if (Rewrite(utf8Json, out var rewritten)) scrubbed = rewritten.ToArray();
            }
            catch (JsonException)
            {
                var plain = new string(text);
                var replaced = Scrub(plain);
                if (!string.Equals(replaced, plain, StringComparison.Ordinal)) scrubbed = Encoding.UTF8.GetBytes(replaced);
            }

            return scrubbed is not null;
        }
        finally
        {
            ArrayPool<char>.Shared.Return(chars, clearArray: true);
        }
    }

    /// <summary>Whether text under this name is a secret whatever it looks like.</summary>
    internal bool IsSecretName(string name) => _secretNames.Contains(Normalize(name));

    /// <summary>How much of the beginning of a text that goes on can hold no beginning of a secret: what comes after it may.</summary>
    internal int SettledLength(string text)
    {
        var open = OpenEnd().Match(text);
        var settled = open.Success ? open.Index : text.Length;

        // What the caller's own patterns may begin with is not known: they are taken to stay within a line.
        return _hasOwn ? Math.Min(settled, text.LastIndexOf('\n') + 1) : settled;
    }

    /// <summary>Whether UTF-8 text needs a closer look: most text does not, and need not be copied then.</summary>
    internal bool MayHoldSecret(ReadOnlySpan<byte> utf8)
    {
        var chars = ArrayPool<char>.Shared.Rent(Encoding.UTF8.GetMaxCharCount(utf8.Length));
        var count = Encoding.UTF8.GetChars(utf8, chars);
        var may = MayHoldSecret(chars.AsSpan(0, count));
        chars.AsSpan(0, count).Clear();
        ArrayPool<char>.Shared.Return(chars);
        return may;
    }

    // An escape may hide any of the words.
    private bool MayHoldSecret(ReadOnlySpan<char> text) =>
        _hasOwn || text.ContainsAny(s_words)
        || (text.ContainsAny(s_marks) && (text.ContainsAny(s_marked) || text.Contains("\\u", StringComparison.Ordinal) || text.Contains("\\/", StringComparison.Ordinal)));

    private bool Rewrite(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> rewritten)
    {
        var output = new ArrayBufferWriter<byte>(json.Length + 64);
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 1000 });
        var changed = false;
        var secretNames = 0;
        var secretDepth = -1;
        while (reader.Read())
        {
            // A secret name covers everything below it, so that {"token": {"value": "…"}} and lists are covered as well.
            if (secretDepth >= 0 && reader.CurrentDepth <= secretDepth && reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                secretDepth = -1;
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    var name = reader.GetString()!;
                    if (secretDepth < 0 && IsSecretName(name)) secretDepth = reader.CurrentDepth;
                    var scrubbedName = Scrub(name);
                    if (scrubbedName != name)
                    {
                        // Two names that were different stay so: there are readers that take no object with a name twice.
                        changed = true;
                        if (++secretNames > 1) scrubbedName = string.Create(CultureInfo.InvariantCulture, $"{scrubbedName} ({secretNames})");
                    }

                    writer.WritePropertyName(scrubbedName);
                    break;
                case JsonTokenType.String:
                    var value = reader.GetString()!;
                    var scrubbed = secretDepth >= 0 && value.Length > 0 ? Marker : Scrub(value);
                    changed |= scrubbed != value;
                    writer.WriteStringValue(scrubbed);
                    break;
                case JsonTokenType.StartObject: writer.WriteStartObject(); break;
                case JsonTokenType.EndObject: writer.WriteEndObject(); break;
                case JsonTokenType.StartArray: writer.WriteStartArray(); break;
                case JsonTokenType.EndArray: writer.WriteEndArray(); break;
                default: writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true); break;
            }
        }

        writer.Flush();
        rewritten = output.WrittenSpan;
        return changed;
    }

    private string Replace(string text)
    {
        text = JsonWebToken().Replace(text, static match => match.Groups["rest"].Success ? Marker : match.Value);
        foreach (var (pattern, replacement) in _patterns) text = pattern.Replace(text, replacement);
        return text;
    }

    /// <summary>A part of an address. One without secrets stays encoded.</summary>
    private string ScrubEncoded(Match encoded)
    {
        var text = encoded.Value;
        for (var decoded = Uri.UnescapeDataString(text); decoded != text; decoded = Uri.UnescapeDataString(text))
        {
            text = decoded;
            if (Replace(text) is var scrubbed && scrubbed != text) return scrubbed;
        }

        return encoded.Value;
    }

    private static string Normalize(string name) =>
        name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToLowerInvariant();

    private static Regex Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"'{pattern}' cannot be used to find secrets: it must be a regular expression without lookarounds and back-references. {e.Message}", nameof(pattern), e);
        }
    }

    private static Regex AssignmentOf(string name) => Compile(
        $@"(?i)(?<kept>{string.Join("[_-]?", Normalize(name).Select(c => Regex.Escape(c.ToString())))}\\?[""']?\s*[=:]\s*)(?:(?<kept>\\?"")[^""\\\r\n]+|(?<kept>\\?')[^'\\\r\n]+|[^\s""'\\,;&]+)");

    // Written so that no text makes any of them look at it again and again: texts come from strangers. A word may begin where an escape ends: in
    // text that is itself escaped, \n is two characters and the last of them is a letter.
    private const string Begin = @"(?<![A-Za-z0-9_](?<!\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}))";

    private const string SecretName = "(?:api[_-]?key|account[_-]?key|access[_-]?key|private[_-]?key|secret(?:[_-]?key)?|token|password|passwd|pwd|passphrase)";

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?:[^-]|-(?!----))*(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----)?", RegexOptions.CultureInvariant)]
    private static partial Regex PrivateKey();

    [GeneratedRegex(
        Begin + @"(?:sk-[A-Za-z0-9_-]{16,}|(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{16,}|xox[a-z]-[A-Za-z0-9-]{10,}|AIza[A-Za-z0-9_-]{30,}|npm_[A-Za-z0-9]{30,}|hf_[A-Za-z0-9]{20,}|loomkey_[a-z0-9]+_[A-Za-z0-9_-]{16,}|loom1\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{16,})",
        RegexOptions.CultureInvariant)]
    private static partial Regex PrefixedToken();

    // What only begins like one matches, too, up to where it is none: another beginning in it is not tried.
    [GeneratedRegex(Begin + @"eyJ(?>[A-Za-z0-9_-]*)(?<rest>(?<=[A-Za-z0-9_-]{8})\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*)?", RegexOptions.CultureInvariant)]
    private static partial Regex JsonWebToken();

    [GeneratedRegex("(?<kept>" + Begin + @"(?:Bearer|Basic)(?:\s|%20|\+)+)[A-Za-z0-9+/=._~-]{8,}", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Credential();

    [GeneratedRegex(
        "(?<kept>" + SecretName + @"(?:\\*(?:[""']|u002[27]))?\s*(?:[=:]|%3[AD])\s*)(?:(?<quote>\\+"")(?!\[redacted\])[^""\\\r\n]{4,}|(?<quote>\\+')(?!\[redacted\])[^'\\\r\n]{4,}|(?<quote>\\+u002[27])(?!\[redacted\])(?:[^""'\\\r\n]|\\(?!\\*u002[27])){4,}|(?<quote>"")(?!\[redacted\])(?:[^""\\\r\n]|\\.){4,}|(?<quote>')(?!\[redacted\])(?:[^'\\\r\n]|\\.){4,}|(?!\[redacted\])[^\s""'\\,;&]{4,})",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"(?<kept>[a-z0-9+.-]://[^\s:/@]*:)(?!\[redacted\]@)[^\s/@]+@", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex UrlPassword();

    [GeneratedRegex(@"(?<!\S)[^\s%]*%[^\s]*", RegexOptions.CultureInvariant)]
    private static partial Regex PercentEncoded();

    // What each of the others may have begun with when the text breaks off.
    [GeneratedRegex(
        @"(?:[A-Za-z0-9_.+/=~%:@\\""'-]+|://[^\s/]*|(?:Bearer|Basic)\s+[^\s]*|" + SecretName + @"(?:\\*(?:[""']|u002[27]))?\s*(?:(?:[=:]|%3[AD])\s*(?:\\+u002[27](?:[^""'\\\r\n]|\\.)*|\\*""(?:[^""\\\r\n]|\\.)*\\?""?|\\*'(?:[^'\\\r\n]|\\.)*\\?'?|[^\s""'\\,;&]*))?|-----BEGIN[A-Z ]*(?:-{1,5}(?:[^-]|-(?!----))*(?:-----[A-Z -]*)?)?)\z",
        RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex OpenEnd();
}
