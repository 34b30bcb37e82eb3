using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Loomflow.McpDesk;

/// <summary>The same tools over Streamable HTTP, for callers with the right key. Says where it listens, and ends with its standard input.</summary>
internal static class HttpServer
{
    private const string SessionHeader = "Mcp-Session-Id";
    private static readonly ConcurrentDictionary<string, StreamableHttpServerTransport> s_sessions = new(StringComparer.Ordinal);

    public static async Task RunAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Use((context, next) =>
        {
            if (context.Request.Headers.Authorization == "Bearer desk-key") return next(context);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        });
        app.MapPost("/mcp", PostAsync);
        app.MapGet("/mcp", GetAsync);
        app.MapDelete("/mcp", async (HttpContext context) =>
        {
            if (s_sessions.TryRemove(context.Request.Headers[SessionHeader].ToString(), out var session)) await session.DisposeAsync();
        });
        await app.StartAsync();
        Console.WriteLine($"{app.Urls.Single()}/mcp");
        await Console.In.ReadToEndAsync();
        await app.StopAsync(new CancellationToken(canceled: true));
    }

    private static async Task PostAsync(HttpContext context)
    {
        var message = await JsonSerializer.DeserializeAsync<JsonRpcMessage>(context.Request.Body, McpJsonUtilities.DefaultOptions, context.RequestAborted);
        var id = context.Request.Headers[SessionHeader].ToString();
        if (id.Length == 0) id = Begin();
        if (!s_sessions.TryGetValue(id, out var session))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.Headers[SessionHeader] = id;
        context.Response.ContentType = "text/event-stream";
        if (await session.HandlePostRequestAsync(message!, context.Response.Body, context.RequestAborted)) return;
        context.Response.ContentType = null;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static async Task GetAsync(HttpContext context)
    {
        if (!s_sessions.TryGetValue(context.Request.Headers[SessionHeader].ToString(), out var session))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "text/event-stream";
        await context.Response.Body.FlushAsync(context.RequestAborted);
        await session.HandleGetRequestAsync(context.Response.Body, context.RequestAborted);
    }

    private static string Begin()
    {
        var id = Guid.NewGuid().ToString("N");
        var session = new StreamableHttpServerTransport { SessionId = id };
        s_sessions[id] = session;
        _ = McpServer.Create(session, Desk.Options()).RunAsync();
        return id;
    }
}
