using System.Net;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace StackExchange.Redis;

/// <summary>One shared connection to a Redis server, for any number of callers; made once and kept.</summary>
public sealed partial class ConnectionMultiplexer : IConnectionMultiplexer
{
    private readonly ConfigurationOptions _options;
    private readonly Bridge _interactive;
    private readonly Lazy<Bridge> _subscription;
    private readonly Timer _heartbeat;
    private int _closed;

    private ConnectionMultiplexer(ConfigurationOptions options)
    {
        _options = options;
        var logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger<ConnectionMultiplexer>();
        Subscriptions = new Subscriptions(this);
        _interactive = new Bridge(this, options, ConnectionType.Interactive, logger);
        _subscription = new Lazy<Bridge>(() =>
        {
            var bridge = new Bridge(this, options, ConnectionType.Subscription, logger);
            _ = bridge.StartAsync();
            return bridge;
        });
        _heartbeat = new Timer(static state => ((ConnectionMultiplexer)state!).Beat(), this, options.HeartbeatInterval, options.HeartbeatInterval);
    }

    public event EventHandler<ConnectionFailedEventArgs>? ConnectionFailed;

    public event EventHandler<ConnectionFailedEventArgs>? ConnectionRestored;

    public string ClientName => _options.ClientName ?? Environment.MachineName;

    public string Configuration => _options.ToString();

    public int TimeoutMilliseconds => _options.SyncTimeout;

    public bool IsConnected => _interactive.IsConnected;

    public bool IsConnecting => !_interactive.IsConnected && _closed == 0;

    internal ConfigurationOptions Options => _options;

    internal Subscriptions Subscriptions { get; }

    internal Bridge Interactive => _interactive;

    /// <summary>RESP3 carries messages on the one connection; RESP2 needs a second.</summary>
    internal Bridge SubscriptionBridge =>
        (_interactive.Connection?.Protocol ?? _options.Protocol) == RedisProtocol.Resp3 ? _interactive : _subscription.Value;

    public static ConnectionMultiplexer Connect(string configuration, TextWriter? log = null) =>
        Connect(ConfigurationOptions.Parse(configuration), log);

    public static ConnectionMultiplexer Connect(string configuration, Action<ConfigurationOptions> configure, TextWriter? log = null) =>
        Connect(ConfigurationOptions.Parse(configuration).Apply(configure), log);

    public static ConnectionMultiplexer Connect(ConfigurationOptions configuration, TextWriter? log = null) =>
        Task.Run(() => ConnectAsync(configuration, log)).GetAwaiter().GetResult();

    public static Task<ConnectionMultiplexer> ConnectAsync(string configuration, TextWriter? log = null) =>
        ConnectAsync(ConfigurationOptions.Parse(configuration), log);

    public static Task<ConnectionMultiplexer> ConnectAsync(string configuration, Action<ConfigurationOptions> configure, TextWriter? log = null) =>
        ConnectAsync(ConfigurationOptions.Parse(configuration).Apply(configure), log);

    public static async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration, TextWriter? log = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.EndPoints.Count == 0)
            throw new ArgumentException("No endpoints specified", nameof(configuration));

        var options = configuration.Clone();
        options.SetDefaultPorts();
        log?.WriteLine($"Connecting to {options.ToString(includePassword: false)}");
        var multiplexer = new ConnectionMultiplexer(options);
        await multiplexer._interactive.StartAsync();
        log?.WriteLine(multiplexer.GetStatus());
        if (multiplexer.IsConnected || !options.AbortOnConnectFail) return multiplexer;

        var failure = multiplexer._interactive.LastFailure;
        await multiplexer.CloseAsync(allowCommandsToComplete: false);
        throw new RedisConnectionException(
            (failure as RedisConnectionException)?.FailureType ?? ConnectionFailureType.UnableToConnect,
            $"It was not possible to connect to the redis server(s). {failure?.Message} To keep trying in the background, set abortConnect=false in the connection string or AbortOnConnectFail=false in code.",
            failure);
    }

    public IDatabase GetDatabase(int db = -1, object? asyncState = null)
    {
        if (db == -1) db = _options.DefaultDatabase ?? 0;
        ArgumentOutOfRangeException.ThrowIfNegative(db);
        return new RedisDatabase(this, db);
    }

    public ISubscriber GetSubscriber(object? asyncState = null) => new RedisSubscriber(this);

    public EndPoint[] GetEndPoints(bool configuredOnly = false) => [.. _options.EndPoints];

    public IServer GetServer(string host, int port, object? asyncState = null) => GetServer($"{host}:{port}", asyncState);

    public IServer GetServer(string hostAndPort, object? asyncState = null) =>
        GetServer(EndPointCollection.TryParse(hostAndPort) ?? throw new ArgumentException($"'{hostAndPort}' is no endpoint.", nameof(hostAndPort)), asyncState);

    public IServer GetServer(EndPoint? endpoint, object? asyncState = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        return _options.EndPoints.Contains(endpoint)
            ? new RedisServer(this, endpoint)
            : throw new ArgumentException("The specified endpoint is not defined", nameof(endpoint));
    }

    public IServer[] GetServers() => [new RedisServer(this, _interactive.EndPoint)];

    public string GetStatus() => $"{EndPointCollection.ToString(_interactive.EndPoint)}: "
        + (_interactive.Connection is { } connection
            ? $"connected ({connection.Protocol}), {connection.AwaitingCount} awaiting a reply"
            : $"not connected: {_interactive.LastFailure?.Message}");

    public void Wait(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        if (!((IAsyncResult)task).AsyncWaitHandle.WaitOne(TimeoutMilliseconds))
            throw new TimeoutException($"The task did not end within {TimeoutMilliseconds} ms.");
        task.GetAwaiter().GetResult();
    }

    public T Wait<T>(Task<T> task)
    {
        Wait((Task)task);
        return task.GetAwaiter().GetResult();
    }

    public void WaitAll(params Task[] tasks)
    {
        if (!Task.WaitAll(tasks, TimeoutMilliseconds)) throw new TimeoutException($"The tasks did not end within {TimeoutMilliseconds} ms.");
    }

    public override string ToString() => ClientName;

    public void Close(bool allowCommandsToComplete = true) => Task.Run(() => CloseAsync(allowCommandsToComplete)).GetAwaiter().GetResult();

    public async Task CloseAsync(bool allowCommandsToComplete = true)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0) return;
        if (allowCommandsToComplete) await _interactive.DrainAsync(TimeSpan.FromMilliseconds(_options.AsyncTimeout));
        await _heartbeat.DisposeAsync();
        await _interactive.DisposeAsync();
        if (_subscription.IsValueCreated) await _subscription.Value.DisposeAsync();
        Subscriptions.Complete();
    }

    public void Dispose() => Close();

    public async ValueTask DisposeAsync() => await CloseAsync();

    internal Task<T> SendAsync<T>(Message<T> message, CommandFlags flags, T fireAndForgetResult, Bridge? bridge = null)
    {
        Enqueue(message, bridge);
        return (flags & CommandFlags.FireAndForget) != 0 ? Task.FromResult(fireAndForgetResult) : message.Task;
    }

    internal void Enqueue(Message message, Bridge? bridge = null)
    {
        ObjectDisposedException.ThrowIf(_closed != 0, this);
        (bridge ?? _interactive).Enqueue(message);
    }

    /// <summary>Waits for a command on behalf of a synchronous caller.</summary>
    internal T WaitFor<T>(Task<T> task, string operation)
    {
        if (!task.IsCompleted && !((IAsyncResult)task).AsyncWaitHandle.WaitOne(_options.SyncTimeout))
            throw new RedisTimeoutException($"Timeout performing {operation} ({_options.SyncTimeout}ms)", CommandStatus.Unknown);
        return task.GetAwaiter().GetResult();
    }

    internal void WaitFor(Task task, string operation) => WaitFor(
        task.ContinueWith(
            static ended =>
            {
                ended.GetAwaiter().GetResult();
                return true;
            },
            TaskScheduler.Default),
        operation);

    internal void OnConnectionFailed(EndPoint endPoint, ConnectionType type, Exception exception) => Raise(
        ConnectionFailed,
        endPoint,
        type,
        (exception as RedisConnectionException)?.FailureType ?? ConnectionFailureType.SocketFailure,
        exception);

    internal void OnConnectionRestored(EndPoint endPoint, ConnectionType type) =>
        Raise(ConnectionRestored, endPoint, type, ConnectionFailureType.None, null);

    private void Raise(
        EventHandler<ConnectionFailedEventArgs>? handler, EndPoint endPoint, ConnectionType type, ConnectionFailureType failure, Exception? exception)
    {
        if (handler is null || _closed != 0) return;
        var arguments = new ConnectionFailedEventArgs(
            this, endPoint, type, failure, exception!, $"{EndPointCollection.ToString(endPoint)}/{type}");
        // Handlers may block; the connection does not wait for them.
        ThreadPool.UnsafeQueueUserWorkItem(_ => handler(this, arguments), null);
    }

    private void Beat()
    {
        _interactive.Beat();
        if (_subscription.IsValueCreated) _subscription.Value.Beat();
    }
}
