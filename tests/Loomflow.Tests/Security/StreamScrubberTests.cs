using Loomflow.Security;

namespace Loomflow.Tests.Security;

public class StreamScrubberTests
{
    private const string PrivateKey = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,ABCDEF0123456789\n\nMIIEowIBAAKCAQEA0123456789\n-----END RSA PRIVATE KEY-----";

    public static TheoryData<string, string> Texts => new()
    {
        { "The key is sk-" + "proj-abcdefghijklmnopqrstuvwx and that is it.", "The key is [redacted] and that is it." },
        { "Send Authorization: Bearer abcdef123456 to it.", "Send Authorization: Bearer [redacted] to it." },
        { "password = hunter22, more", "password = [redacted], more" },
        { "password: \"correct horse battery\" ok", "password: \"[redacted]\" ok" },
        { "see redis://user:hunter2@localhost:6379 there", "see redis://user:[redacted]@localhost:6379 there" },
        { $"Key:\n{PrivateKey}\nDone.", "Key:\n[redacted]\nDone." },
        { "token eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl end", "token [redacted] end" },
        { "Nothing here. Nothing there, 1.5 times; naïve café — ok?", "Nothing here. Nothing there, 1.5 times; naïve café — ok?" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void Append_InPiecesOfAnySize_GivesTheTextWithoutTheSecret(string text, string expected)
    {
        for (var size = 1; size <= text.Length; size++) Streamed(SecretScrubber.Default, text, size).ShouldBe(expected, $"pieces of {size}");
    }

    [Fact]
    public void Append_AConfiguredPattern_IsFoundWithinItsLine()
    {
        var scrubber = new SecretScrubber(new SecretScrubberOptions { Patterns = { @"ACME (\d{3} ?)+" }, PropertyNames = { "pin_code" } });

        for (var size = 1; size <= 40; size++) Streamed(scrubber, "One\nis ACME 123 456 789\nPinCode: 4711\nend", size).ShouldBe("One\nis [redacted]\nPinCode: [redacted]\nend");
    }

    [Fact]
    public void Append_OrdinaryText_GoesOnWordByWord()
    {
        var stream = new StreamScrubber(SecretScrubber.Default);

        stream.Append("Your refund ").ShouldBe("Your refund ");
        stream.Append("was bo").ShouldBe("was ");
        stream.Append("oked. ").ShouldBe("booked. ");
        stream.Append("done").ShouldBeEmpty();
        stream.End().ShouldBe("done");
        stream.End().ShouldBeEmpty();
    }

    private static string Streamed(SecretScrubber scrubber, string text, int size)
    {
        var stream = new StreamScrubber(scrubber);
        return string.Concat(text.Chunk(size).Select(piece => stream.Append(new string(piece)))) + stream.End();
    }
}
