using Loomflow.Aspire.ServiceDefaults.Logging;
using Loomflow.Security;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.Tests.Logging;

public sealed class ScrubbedConsoleTests
{
    [Fact]
    public void ARecord_IsOneLine_WhateverItsMessageScopesAndExceptionHave()
    {
        var written = Write(Hostile.Forgery, new InvalidOperationException(Hostile.Forgery), Hostile.Forgery);

        written.ShouldEndWith(Environment.NewLine);
        var line = written[..^Environment.NewLine.Length];
        line.Where(c => char.IsControl(c) || c is '\u202e' or '\u2028').ShouldBeEmpty();
        line.ShouldContain(@"alice\r\n2026-01-01T00:00:00.000Z info Audit[1] approved by admin\n\u0007\u001b[31mred\u202e\u2028\u0085\u009b2J\u0000end");
        line.ShouldContain(" => alice");
        line.ShouldContain(" | System.InvalidOperationException: alice");
    }

    [Fact]
    public void ASecret_IsLeftOutOfMessageScopesAndException()
    {
        var written = Write($"m {Hostile.Secret} m", new InvalidOperationException($"e {Hostile.OwnKey} e", new IOException("redis://user:hunter22@cache:6379 is away")), $"s {Hostile.Secret} s");

        foreach (var secret in (string[])[Hostile.Secret, Hostile.OwnKey, "hunter22"]) written.ShouldNotContain(secret);
        foreach (var rest in (string[])["m [redacted] m", "s [redacted] s", "e [redacted] e", "redis://user:[redacted]@cache:6379 is away"]) written.ShouldContain(rest);
    }

    [Fact]
    public void AnOrdinaryRecord_IsAsItWas()
    {
        var written = Write("Run 7 has ended: über 3 €, 完了.", null, new RunLogScope("7", "classify", 1, 2));

        written.ShouldEndWith($" warn Runs[5] Run 7 has ended: über 3 €, 完了. => RunId:7 Step:classify Visit:1 Attempt:2{Environment.NewLine}");
    }

    private static string Write(string message, Exception? exception, object scope)
    {
        var console = new ScrubbedConsole(SecretScrubber.Default, Options.Create(new ConsoleFormatterOptions { IncludeScopes = true }), TimeProvider.System);
        var scopes = new LoggerExternalScopeProvider();
        using var entered = scopes.Push(scope);
        using var text = new StringWriter();
        console.Write(new LogEntry<string>(LogLevel.Warning, "Runs", new EventId(5), message, exception, static (state, _) => state), scopes, text);
        return text.ToString();
    }
}
