using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Loomflow.Mcp;

/// <summary>
/// The connection to one server: made when it is needed, made again when it was lost. Connecting is tried twice; a call that was sent
/// is never sent again, because it may have been carried out.
/// </summary>
internal sealed class McpConnection(McpServerSpec spec, McpToolsOptions options) : IAsyncDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private McpClient? _client;
    private IReadOnlyList<McpClientTool> _tools = [];
    private volatile bool _stale = true;
    private volatile string? _problem;
    private DateTimeOffset _leaveAloneUntil;
    private bool _disposed;

    public string Name => spec.Name;

    /// <summary>Why the server could not be reached, or <see langword="null"/>.</summary>
    public string? Problem => _problem;

    /// <summary>The server's tools; none while it is away.</summary>
    public async Task<IReadOnlyList<McpClientTool>> ListAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (IsConnected && !_stale) return _tools;
            if (_problem is not null && options.Time.GetUtcNow() < _leaveAloneUntil) return [];
            var client = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            _stale = false;
            using var limit = Limit(cancellationToken);
            _tools = [.. await client.ListToolsAsync(cancellationToken: limit.Token).ConfigureAwait(false)];
            return _tools;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not ObjectDisposedException)
        {
            await LoseAsync(failure).ConfigureAwait(false);
            return [];
        }
        finally
        {
            _turn.Release();
        }
    }

    public async Task<CallToolResult> CallAsync(string tool, IReadOnlyDictionary<string, object?> arguments, CancellationToken cancellationToken)
    {
        McpClient client;
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            client = await ConnectAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && failure is not ObjectDisposedException)
        {
            await LoseAsync(failure).ConfigureAwait(false);
            throw new IOException($"The server '{Name}' could not be reached: {Reason(failure)}", failure);
        }
        finally
        {
            _turn.Release();
        }

        try
        {
            return await client.CallToolAsync(tool, arguments, cancellationToken: cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Whether or not the client has noticed yet: the next call needs another connection.
            await DropAsync(client).ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _disposed = true;
            if (_client is not null) await _client.DisposeAsync().ConfigureAwait(false);
            _client = null;
        }
        finally
        {
            _turn.Release();
        }
    }

    private bool IsConnected => _client is { Completion.IsCompleted: false };

    private async Task<McpClient> ConnectAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (IsConnected) return _client!;
        if (_client is not null) await _client.DisposeAsync().ConfigureAwait(false);
        _client = null;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                using var limit = Limit(cancellationToken);
                _client = await McpClient.CreateAsync(spec.NewTransport(), Settings(), cancellationToken: limit.Token).ConfigureAwait(false);
                (_problem, _stale) = (null, true);
                ListenForChanges(_client);
                return _client;
            }
            catch (Exception) when (attempt < 2 && !cancellationToken.IsCancellationRequested)
            {
                // A server that is only just starting often takes the second attempt.
            }
        }
    }

    // Since the revision of 2026-07-28 a server tells of changes only to who asks for it, with a request that stays open as long as the connection.
    private static void ListenForChanges(McpClient client)
    {
        if (string.CompareOrdinal(client.NegotiatedProtocolVersion, "2026-07-28") < 0 || client.ServerCapabilities.Tools?.ListChanged != true) return;
        var wanted = new SubscriptionsListenRequestParams { Notifications = new SubscriptionsListenNotifications { ToolsListChanged = true } };
        _ = ListenAsync();

        async Task ListenAsync()
        {
            try
            {
                await client.SendRequestAsync(new JsonRpcRequest
                {
                    Method = RequestMethods.SubscriptionsListen,
                    Params = JsonSerializer.SerializeToNode(wanted, McpJsonUtilities.DefaultOptions),
                }).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is McpException or IOException or OperationCanceledException or InvalidOperationException)
            {
                // The connection has ended, or the server does not do it after all: tools are then those of the connection's beginning.
            }
        }
    }

    private McpClientOptions Settings() => new()
    {
        ClientInfo = new Implementation { Name = "Loomflow", Version = typeof(McpConnection).Assembly.GetName().Version?.ToString() ?? "1" },
        InitializationTimeout = options.ConnectTimeout,
        Handlers = new McpClientHandlers
        {
            NotificationHandlers =
            [
                new(NotificationMethods.ToolListChangedNotification, (_, _) =>
                {
                    _stale = true;
                    return ValueTask.CompletedTask;
                }),
            ],
        },
    };

    private async Task DropAsync(McpClient client)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_client != client) return;
            _client = null;
            await client.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task LoseAsync(Exception failure)
    {
        _problem = Reason(failure);
        _leaveAloneUntil = options.Time.GetUtcNow() + options.RetryAfter;
        if (_client is not null) await _client.DisposeAsync().ConfigureAwait(false);
        _client = null;
    }

    // What went wrong is often only told by what is inside: "Failed to connect transport." does not name the program that is missing.
    private static string Reason(Exception failure) =>
        failure.InnerException is { } inner && !failure.Message.Contains(inner.Message, StringComparison.Ordinal) ? $"{failure.Message.TrimEnd('.')}: {Reason(inner)}" : failure.Message;

    private CancellationTokenSource Limit(CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.ConnectTimeout);
        return limit;
    }
}
