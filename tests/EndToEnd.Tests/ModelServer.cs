using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>A model provider on loopback that workers call over HTTP, as they do the real one: it records what it is asked and answers by a function of that.</summary>
internal sealed class ModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ModelServer(WebApplication app) => _app = app;

    public ConcurrentQueue<Asked> Requests { get; } = new();

    /// <summary>Settings that make a worker use this provider.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["Models__OpenAI__ApiKey"] = "sk-test",
        ["Models__OpenAI__Endpoint"] = $"{_app.Urls.Single()}/v1",
    };

    public static Task<ModelServer> StartAsync(Func<Asked, string> answer) => StartAsync(asked => Task.FromResult(answer(asked)));

    public static async Task<ModelServer> StartAsync(Func<Asked, Task<string>> answer)
    {
        // No settings: those of the services lie beside the tests.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var server = new ModelServer(builder.Build());
        server._app.Run(http => server.AnswerAsync(http, answer));
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http, Func<Asked, Task<string>> answer)
    {
        var body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: http.RequestAborted);
        var asked = new Asked(body.RootElement);
        Requests.Enqueue(asked);
        var text = await answer(asked);
        var usage = new { prompt_tokens = 100, completion_tokens = 20, total_tokens = 120 };
        if (!asked.Streams)
        {
            await http.Response.WriteAsJsonAsync(new
            {
                id = "c", @object = "chat.completion", created = 1, model = "gpt-4.1-mini", usage,
                choices = new[] { new { index = 0, message = new { role = "assistant", content = text }, finish_reason = "stop" } },
            });
            return;
        }

        http.Response.ContentType = "text/event-stream";
        await SendAsync(new { id = "c", @object = "chat.completion.chunk", created = 1, model = "gpt-4.1-mini", choices = new[] { new { index = 0, delta = new { role = "assistant", content = text } } } });
        await SendAsync(new { id = "c", @object = "chat.completion.chunk", created = 1, model = "gpt-4.1-mini", choices = new[] { new { index = 0, delta = new { }, finish_reason = "stop" } } });
        await SendAsync(new { id = "c", @object = "chat.completion.chunk", created = 1, model = "gpt-4.1-mini", choices = Array.Empty<object>(), usage });
        await http.Response.WriteAsync("data: [DONE]\n\n");

        Task SendAsync(object chunk) => http.Response.WriteAsync($"data: {JsonSerializer.Serialize(chunk)}\n\n");
    }

    /// <summary>What the provider was asked.</summary>
    internal sealed record Asked(JsonElement Body)
    {
        public bool Streams => Body.TryGetProperty("stream", out var stream) && stream.GetBoolean();

        /// <summary>The whole conversation as the model sees it.</summary>
        public string Conversation => string.Join('\n', Body.GetProperty("messages").EnumerateArray().Select(message => message.TryGetProperty("content", out var content) ? content.ToString() : ""));

        /// <summary>The agent's instructions.</summary>
        public string System => Body.GetProperty("messages")[0].GetProperty("content").ToString();
    }
}
