using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Loomflow.Aspire.Fuzz.Tests;

/// <summary>
/// Bad requests over HTTP/1.1. Most are framed as they should be and have nonsense inside, and go many at a time over kept connections; the others
/// are broken bytes, each on a connection of its own.
/// </summary>
internal sealed class HttpFuzz(Uri address, Target target, Findings findings)
{
    private const int Pipelined = 16;

    public async Task RunAsync(Mutator mutator, int requests, CancellationToken cancellationToken)
    {
        for (var left = requests; left > 0;)
        {
            if (mutator.Chance(0.2))
            {
                for (var i = 0; i < Pipelined && left > 0; i++, left--) await BrokenAsync(mutator, cancellationToken);
                continue;
            }

            var batch = Enumerable.Range(0, Math.Min(Pipelined, left)).Select(_ => Framed(mutator)).ToList();
            left -= await PipelineAsync(batch, cancellationToken);
        }
    }

    private async Task<int> PipelineAsync(List<(byte[] Bytes, bool IsHead)> batch, CancellationToken cancellationToken)
    {
        using var connection = await HttpConnection.OpenAsync(address, cancellationToken);
        try
        {
            await connection.SendAsync([.. batch.SelectMany(request => request.Bytes)], cancellationToken);
        }
        catch (SocketException)
        {
            // Refused before it had been read: the answer may still be there.
        }

        var answered = 0;
        foreach (var (bytes, isHead) in batch)
        {
            if (await connection.ReadStatusAsync(isHead, cancellationToken) is not { } status) break;
            answered++;
            findings.Answered("HTTP/1.1", status.ToString(CultureInfo.InvariantCulture));
            if (status is 500 or (> 501 and not 505)) findings.Add($"HTTP status {status} for:\n{Encoding.Latin1.GetString(bytes)}");
        }

        // A server that closes without a word has refused the request that it had come to.
        return Math.Max(1, answered);
    }

    private async Task BrokenAsync(Mutator mutator, CancellationToken cancellationToken)
    {
        var bytes = mutator.Mutate(Framed(mutator).Bytes);
        using var connection = await HttpConnection.OpenAsync(address, cancellationToken);
        try
        {
            await connection.SendAsync(bytes, cancellationToken);
            connection.HalfClose();
        }
        catch (SocketException)
        {
            // Refused before it had been read.
        }

        var answer = Encoding.Latin1.GetString(await connection.ReadToEndAsync(cancellationToken));
        findings.Answered("HTTP/1.1, broken", answer.Length > 12 ? answer[9..12] : "closed");
        if (answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal)) findings.Add($"HTTP status 500 for:\n{Encoding.Latin1.GetString(bytes)}");
    }

    private (byte[] Bytes, bool IsHead) Framed(Mutator mutator)
    {
        var (method, path, body) = mutator.Any(target.Routes);
        if (mutator.Chance(0.05)) method = mutator.Any(["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "BREW"]);
        if (mutator.Chance(0.5)) path = Visible(mutator, path);
        var content = mutator.Chance(0.1) ? [] : mutator.Chance(0.5) ? mutator.Json() : mutator.Mutate(Encoding.UTF8.GetBytes(body ?? "{}"));
        if (method is "GET" or "HEAD" && mutator.Chance(0.9)) content = [];

        var head = new StringBuilder();
        head.Append(CultureInfo.InvariantCulture, $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
        if (mutator.Chance(0.9)) head.Append(CultureInfo.InvariantCulture, $"Authorization: Bearer {(mutator.Chance(0.95) ? target.UserCredential : Visible(mutator, target.UserCredential))}\r\n");
        if (mutator.Chance(0.9)) head.Append(CultureInfo.InvariantCulture, $"Content-Type: {mutator.Any(["application/json", "application/json", "application/json; charset=utf-16", "text/plain", "multipart/form-data; boundary=x", "a/b;c"])}\r\n");
        if (mutator.Chance(0.1)) head.Append(CultureInfo.InvariantCulture, $"{mutator.Any(["Idempotency-Key", "Prefer", "Last-Event-ID", "Accept", "traceparent", "Range", "If-Match", "X-Forwarded-For", "Cookie"])}: {Visible(mutator, "wait=1")}\r\n");
        var isChunked = mutator.Chance(0.1);
        head.Append(isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : $"Content-Length: {content.Length}\r\n\r\n");
        byte[] framed = isChunked && content.Length > 0 ? [.. Encoding.ASCII.GetBytes($"{content.Length:x}\r\n"), .. content, .. "\r\n0\r\n\r\n"u8] : isChunked ? "0\r\n\r\n"u8.ToArray() : content;
        return ([.. Encoding.Latin1.GetBytes(head.ToString()), .. framed], method == "HEAD");
    }

    // What may stand in a request line or a header: everything that does not end it.
    private static string Visible(Mutator mutator, string text)
    {
        var mutated = Encoding.Latin1.GetString(mutator.Mutate(Encoding.UTF8.GetBytes(text), from: 1));
        return string.Concat(mutated.Select(unit => unit is > ' ' and < '\x7f' ? unit : '_'));
    }
}
