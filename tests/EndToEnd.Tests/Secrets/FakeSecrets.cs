using System.Text;
using System.Text.Json;

namespace Loomflow.Aspire.EndToEnd.Tests.Secrets;

/// <summary>One secret of every shape that is known, and of one that is configured: what must be found nowhere, and how it reads where it is said.</summary>
internal sealed record FakeSecret(string Hidden, string Said)
{
    public const string Pattern = @"ACME-\d{4}-[a-z]{8}";
    public const string PropertyName = "vault_pin";

    private const string Body = "MIIEowIBAAKCAQEAzU4leakyleakyleakyleaky0123456789";

    /// <summary>All of them, anew: put together here, so that nobody takes this file for a leak.</summary>
    public static IReadOnlyList<FakeSecret> All { get; } =
    [
        Itself("sk-" + "proj-leakyLEAKYleakyLEAKY01"),
        Itself("sk-" + "ant-api03-leakyLEAKYleakyLEAKY02"),
        Itself("sk" + "_live_leakyLEAKYleaky03"),
        Itself("AKIA" + "LEAKYLEAKYLEAK04"),
        Itself("ghp" + "_leakyLEAKYleakyLEAKYleaky05"),
        Itself("github" + "_pat_leakyLEAKYleakyLEAKY_06"),
        Itself("glpat-" + "leakyLEAKYleaky-07"),
        Itself("xox" + "b-1234567890-leakyleaky08"),
        Itself("AIza" + "SyLeakyLEAKYleakyLEAKYleakyLEAKY09"),
        Itself("npm" + "_leakyLEAKYleakyLEAKYleakyLEAKYle10"),
        Itself("hf" + "_leakyLEAKYleakyLEAKY11"),
        Itself("loomkey" + "_3f0c9a1be77d2c55_leakyLEAKY-leakyLEAKY_12"),
        Itself("loom1" + ".eyJjYWxsZXIiOiJsZWFreSJ9.bGVha3ktbGVha3ktbGVha3ktMTM"),
        Itself("eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiJsZWFreSJ9.bGVha3ktbGVha3ktMTQ"),
        new(Body, $"-----BEGIN RSA " + $"PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n{Body}\n{Body}\n-----END RSA " + "PRIVATE KEY-----\n"),
        new("leakyBearer15leaky", "Authorization: Bearer leakyBearer15leaky"),
        new("bGVha3k6bGVha3kxNg==", "Proxy-Authorization: Basic bGVha3k6bGVha3kxNg=="),
        new("hunter17leaky", "password=hunter17leaky"),
        new("correct horse 18 battery", "the password: \"correct horse 18 battery\""),
        new("leakyUrl19pw", "redis://default:leakyUrl19pw@cache.example:6379"),
        new("leaky20value", "STRIPE_API_KEY=leaky20value"),
        Itself("ACME-" + "2121-leakyaaa"),
        new("leakypin22", "vaultPin: leakypin22"),
    ];

    /// <summary>What processes are told to say: a JSON list of texts.</summary>
    public static string Texts { get; } = JsonSerializer.Serialize(All.Select(secret => secret.Said));

    /// <summary>All of them in one text.</summary>
    public static string Text { get; } = $"leaky_canary {string.Join(" and ", All.Select(secret => secret.Said))} leaky_canary";

    /// <summary>The secret as it could be written: itself, escaped in JSON, encoded for an address, in base64 at whichever place of a text it is.</summary>
    public IEnumerable<string> Forms
    {
        get
        {
            yield return Hidden;
            var percent = Uri.EscapeDataString(Hidden);
            if (percent != Hidden) yield return percent;
            var escaped = JsonSerializer.Serialize(Hidden)[1..^1];
            if (escaped != Hidden) yield return escaped;
            yield return Escaped(Hidden);
            var bytes = Encoding.UTF8.GetBytes(Hidden);
            for (var before = 0; before < 3; before++)
            {
                // What stands before and after it decides over the first characters and the last: those in between are the same wherever it is.
                var encoded = Convert.ToBase64String([.. new byte[before], .. bytes]);
                var inner = encoded[(before == 0 ? 0 : 4)..((before + bytes.Length) / 3 * 4)];
                yield return inner;
                if (inner.AsSpan().ContainsAny('+', '/')) yield return inner.Replace('+', '-').Replace('/', '_');
            }
        }
    }

    /// <summary>Every character as a JSON escape.</summary>
    public static string Escaped(string text) => string.Concat(text.Select(c => $"\\u{(int)c:x4}"));

    private static FakeSecret Itself(string secret) => new(secret, secret);
}
