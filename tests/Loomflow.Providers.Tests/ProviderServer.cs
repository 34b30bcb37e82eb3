using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Loomflow.Providers.Tests;

/// <summary>A server on loopback that gives scripted answers, byte for byte as a provider would, and records what it was asked.</summary>
internal sealed class ProviderServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Reply> _replies;

    private ProviderServer(WebApplication app, ConcurrentQueue<Reply> replies) => (_app, _replies) = (app, replies);

    public sealed record Reply(int Status, string Body, string ContentType = "application/json", params (string Name, string Value)[] Headers);

    public sealed record Asked(string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body);

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public Uri Address => new(_app.Urls.Single());

    public static async Task<ProviderServer> StartAsync(params Reply[] replies)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new ProviderServer(builder.Build(), new ConcurrentQueue<Reply>(replies));
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    public static Reply Json(string body) => new(200, body);

    /// <summary>Server-sent events; a blank line goes after each.</summary>
    public static Reply Events(params string[] events) => new(200, string.Concat(events.Select(one => one + "\n\n")), "text/event-stream");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var body = await JsonDocument.ParseAsync(http.Request.Body);
        Requests.Enqueue(new Asked(http.Request.Path, http.Request.Headers.ToDictionary(one => one.Key.ToLowerInvariant(), one => one.Value.ToString()), body.RootElement));
        if (!_replies.TryDequeue(out var reply)) reply = new Reply(500, """{"error":{"message":"the test has no more answers"}}""");
        http.Response.StatusCode = reply.Status;
        http.Response.ContentType = reply.ContentType;
        foreach (var (name, value) in reply.Headers) http.Response.Headers[name] = value;
        await http.Response.WriteAsync(reply.Body);
    }
}
