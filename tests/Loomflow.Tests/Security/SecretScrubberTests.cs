using System.Text;
using Loomflow.Security;

namespace Loomflow.Tests.Security;

public class SecretScrubberTests
{
    public static TheoryData<string> Secrets =>
    [
        "sk-" + "proj-abcdefghijklmnopqrstuvwx", "sk-" + "ant-api03-abcdefghijklmnop", "sk" + "_live_abcdefghijklmnop", "AKIA" + "IOSFODNN7EXAMPLE", "ASIA" + "IOSFODNN7EXAMPLE",
        "ghp" + "_abcdefghijklmnopqrstuvwxyz0123456789", "github" + "_pat_11ABCDEFG0abcdefghijkl_mnop", "xox" + "b-1234567890-abcdefghij", "AIza" + "SyA1234567890abcdefghijklmnopqrstuv",
        "eyJ" + "hbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "glpat-" + "abcdefghij0123456789", "npm" + "_abcdefghijklmnopqrstuvwxyz0123456789",
        "loomkey" + "_3f0c9a1be77d2c55_abcdefghijkl-mnopqrstuv_wxyz0123456789ABCDE", "loomkey" + "_development_abcdefghijklmnopqrstuvwxyz0123456789",
        "loom1" + ".eyJjYWxsZXIiOiJvcmNoZXN0cmF0b3IifQ.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU",
    ];

    [Theory]
    [MemberData(nameof(Secrets))]
    public void Scrub_AKnownSecret_IsReplacedAndTheRestStays(string secret)
    {
        SecretScrubber.Default.Scrub($"before {secret} after").ShouldBe("before [redacted] after");
        Json($$"""{"text":"before {{secret}} after","n":1.50}""").ShouldBe("""{"text":"before [redacted] after","n":1.50}""");
    }

    [Theory]
    [InlineData("Authorization: Bearer abcdef123456", "Authorization: Bearer [redacted]")]
    [InlineData("OPENAI_API_KEY=abcdefgh", "OPENAI_API_KEY=[redacted]")]
    [InlineData("GITHUB_TOKEN=abcdefgh next", "GITHUB_TOKEN=[redacted] next")]
    [InlineData("password: hunter22", "password: [redacted]")]
    [InlineData("{\"api_key\":\"abcdefgh\",\"n\":1}", "{\"api_key\":\"[redacted]\",\"n\":1}")]
    [InlineData("redis://user:hunter2@localhost:6379", "redis://user:[redacted]@localhost:6379")]
    [InlineData("password=\"correct horse battery\" next", "password=\"[redacted]\" next")]
    [InlineData("password = 'it is \"mine\"' next", "password = '[redacted]' next")]
    [InlineData("GET /runs?cursor=password%3Dhunter22&pageSize=1", "GET /runs?cursor=password%3D[redacted]&pageSize=1")]
    [InlineData("GET /runs/redis:%2F%2Fuser:hunter2@host and %2F", "GET /runs/redis://user:[redacted]@host and %2F")]
    [InlineData("/-----BEGIN%20RSA%20PRIVATE%20KEY-----%0AMHcCAQ%3D%3D%0A end", "/[redacted] end")]
    [InlineData(@"{""a"":""the password: \u0022correct horse\u0022 ok""}", @"{""a"":""the password: \""[redacted]\"" ok""}")]
    [InlineData(@"so: {""a"":""the password: \u0022correct horse\u0022 ok""}", @"so: {""a"":""the password: \u0022[redacted]\u0022 ok""}")]
    [InlineData(@"a {""b"":""{\""password\"":\""correct horse\"",\""n\"":1}""}", @"a {""b"":""{\""password\"":\""[redacted]\"",\""n\"":1}""}")]
    [InlineData("a%20sk-abcdefghijklmnop1234 b", "a%20[redacted] b")]
    [InlineData(@"one\nsk-abcdefghijklmnop1234\ntwo", @"one\n[redacted]\ntwo")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,AB\n\nMHcCAQ==\n-----END RSA PRIVATE KEY-----\nnext", "[redacted]\nnext")]
    [InlineData("-----BEGIN EC PRIVATE KEY-----\nMHcCAQ==\n-----END EC PRIVATE KEY-----", "[redacted]")]
    public void Scrub_ASecretBehindItsName_KeepsTheName(string text, string expected) => SecretScrubber.Default.Scrub(text).ShouldBe(expected);

    [Theory]
    [InlineData("My card was charged twice.")]
    [InlineData("tokens_in 12, tokens_out 34")]
    [InlineData("revoked loomkey_3f0c9a1be77d2c55, read loom1.txt")]
    [InlineData("the desk-lamp is a risk-free purchase")]
    [InlineData("see https://example.com/path?q=1")]
    public void Scrub_OrdinaryText_IsTheSame(string text) => SecretScrubber.Default.Scrub(text).ShouldBeSameAs(text);

    [Fact]
    public void ScrubJson_ASecretName_CoversWhateverIsBelowIt() =>
        Json("""{"api_key":"plain","Password":{"value":"x","n":5},"clientSecret":["a","b"],"user":"alice"}""")
            .ShouldBe("""{"api_key":"[redacted]","Password":{"value":"[redacted]","n":5},"clientSecret":["[redacted]","[redacted]"],"user":"alice"}""");

    [Fact]
    public void ScrubJson_AnEscapedSecret_IsFound() =>
        Json("""{"text":"\u0073k-ant-abcdefghijklmnop1234"}""").ShouldBe("""{"text":"[redacted]"}""");

    [Fact]
    public void ScrubJson_ATextThatIsJsonItself_IsLookedIntoLikeJson() =>
        Json("""{"result":"{\"pass\\u0077ord\":{\"value\":\"hunter22\"},\"log\":\"a\\nsk-abcdefghijklmnop1234\",\"n\":1.50}"}""")
            .ShouldBe("""{"result":"{\"password\":{\"value\":\"[redacted]\"},\"log\":\"a\\n[redacted]\",\"n\":1.50}"}""");

    [Fact]
    public void ScrubJson_SecretsAsNames_StayApart() =>
        Json("""{"sk-abcdefghijklmnop1234":1,"x":2,"sk-abcdefghijklmnop5678":3}""").ShouldBe("""{"[redacted]":1,"x":2,"[redacted] (2)":3}""");

    [Theory]
    [MemberData(nameof(Secrets))]
    public void ScrubJson_WhatWasScrubbed_StaysAsItIs(string secret)
    {
        var once = Json($$"""{"{{secret}}":["{{secret}}"],"token":"{{secret}}","t":"password=\"{{secret}}\" and {{secret}}","j":"{\"{{secret}}\":\"{{secret}}\"}"}""");

        once.ShouldNotContain(secret);
        Json(once).ShouldBe(once);
    }

    [Fact]
    public void ScrubId_AnIdWithASecret_StaysTheSameIdAndNobodyReadsIt()
    {
        var id = SecretScrubber.Default.ScrubId("sk-abcdefghijklmnop1234");

        id.ShouldStartWith("redacted-");
        SecretScrubber.Default.ScrubId("sk-abcdefghijklmnop1234").ShouldBe(id);
        SecretScrubber.Default.ScrubId("sk-abcdefghijklmnop5678").ShouldNotBe(id);
        SecretScrubber.Default.ScrubId(id).ShouldBe(id);
        SecretScrubber.Default.ScrubId("ses_1").ShouldBe("ses_1");
    }

    /// <summary>Quadratic would be minutes.</summary>
    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("a.")]
    [InlineData("a%")]
    [InlineData("{\"a\":")]
    [InlineData("password\\u0022")]
    [InlineData("eyJ-")]
    [InlineData("eyJ.")]
    [InlineData("key ")]
    [InlineData("token:")]
    [InlineData("://a:")]
    [InlineData("a://")]
    [InlineData("-----BEGIN ")]
    [InlineData("-----BEGIN PRIVATE KEY-----")]
    [InlineData("Bearer ")]
    [InlineData("password=\"")]
    [InlineData("loomkey_")]
    [InlineData("loom1.eyJ")]
    [InlineData(@"\")]
    [InlineData("%20")]
    public void Scrub_LongTextMadeToTakeLong_TakesLittle(string unit)
    {
        var text = "key token secret eyJ :// %41 " + string.Concat(Enumerable.Repeat(unit, (1024 * 1024) / unit.Length));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        SecretScrubber.Default.Scrub(text).Length.ShouldBeGreaterThan(0);

        watch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public void ScrubJson_NothingSecret_StaysByteForByte() =>
        Json("""{ "tokens_in" : 1.0e3,  "text":"a\u0020b" }""").ShouldBe("""{ "tokens_in" : 1.0e3,  "text":"a\u0020b" }""");

    [Fact]
    public void ScrubJson_NotJson_IsScrubbedAsText() => Json("oops sk-ant-abcdefghijklmnop1234 {").ShouldBe("oops [redacted] {");

    [Fact]
    public void Scrub_AConfiguredPatternAndName_AreCovered()
    {
        var scrubber = new SecretScrubber(new SecretScrubberOptions { Patterns = { @"ACME-\d{6}" }, PropertyNames = { "pin_code" } });

        Encoding.UTF8.GetString(scrubber.ScrubJson("""{"PinCode":"1234","t":"pin-code: 99"}"""u8)).ShouldBe("""{"PinCode":"[redacted]","t":"pin-code: [redacted]"}""");
        Encoding.UTF8.GetString(scrubber.ScrubJson("""{"PinCode":"1234","t":"ACME-123456 ok"}"""u8)).ShouldBe("""{"PinCode":"[redacted]","t":"[redacted] ok"}""");
    }

    [Fact]
    public void Constructor_APatternThatCouldRunForever_IsRefused() =>
        Should.Throw<ArgumentException>(() => new SecretScrubber(new SecretScrubberOptions { Patterns = { @"(a+)\1" } })).Message.ShouldContain(@"(a+)\1");

    private static string Json(string json) => Encoding.UTF8.GetString(SecretScrubber.Default.ScrubJson(Encoding.UTF8.GetBytes(json)));
}
