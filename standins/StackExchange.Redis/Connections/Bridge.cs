using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Logging;

namespace StackExchange.Redis;

/// <summary>
/// Keeps one connection to the server alive and feeds it. Callers put commands in a queue and never wait for the socket;
/// one loop writes whatever has gathered and flushes once. What is queued when the connection drops stays queued; what was
/// written fails, since the server may have executed it.
/// </summary>
internal sealed partial class Bridge : IAsyncDisposable
{
    private const int FlushThreshold = 64 * 1024;

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly ConfigurationOptions _options;
    private readonly ConnectionType _type;
    private readonly ILogger _logger;
    private readonly Connector _connector;
    private readonly ConcurrentQueue<Message> _backlog = new();
    private readonly SemaphoreSlim _work = new(0);
    private readonly CancellationTokenSource _disposed = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _writerSleeps;
    private int _attempts;
    private volatile PhysicalConnection? _connection;
    private Exception? _lastFailure;
    private bool _failureReported;
    private Task? _running;

    public Bridge(ConnectionMultiplexer multiplexer, ConfigurationOptions options, ConnectionType type, ILogger logger)
    {
        _multiplexer = multiplexer;
        _options = options;
        _type = type;
        _logger = logger;
        _connector = new Connector(multiplexer, options, type);
    }

    public PhysicalConnection? Connection => _connection;

    public bool IsConnected => _connection is not null;

    public Exception? LastFailure => _lastFailure;

    public EndPoint EndPoint => _connection?.EndPoint ?? _options.EndPoints[0];

    /// <summary>Starts connecting. Ends when connected, or when the first attempts have all failed.</summary>
    public Task StartAsync()
    {
        _running ??= Task.Run(RunAsync);
        return _started.Task;
    }

    public void Enqueue(Message message)
    {
        ObjectDisposedException.ThrowIf(_disposed.IsCancellationRequested, _multiplexer);
        if (_connection is null)
        {
            if (!_options.BacklogPolicy.QueueWhileDisconnected)
            {
                message.Fail(NoConnection(message));
                return;
            }

            message.Status = CommandStatus.WaitingInBacklog;
        }

        _backlog.Enqueue(message);
        WakeWriter();
        // Disposal may have emptied the queue between the check and the enqueueing.
        if (_disposed.IsCancellationRequested) FailBacklog(Disposed);
    }

    /// <summary>Ends commands that have waited too long, and a connection from which nothing comes any more.</summary>
    public void Beat()
    {
        var now = Environment.TickCount64;
        var overdue = now - _options.AsyncTimeout;
        if (_backlog.TryPeek(out var queued) && queued.CreatedAt <= overdue) ExpireBacklog(overdue);
        if (_connection is not { } connection) return;

        if (connection.Head is { } head && head.CreatedAt <= overdue)
        {
            foreach (var message in connection.Awaiting)
            {
                if (message.CreatedAt > overdue) break;
                // Its place in the queue stays, for the reply that may still come.
                if (!message.IsCompleted) message.Fail(TimedOut(message));
            }

            if (now - connection.LastReadAt > 4L * _options.AsyncTimeout && now - head.CreatedAt > 4L * _options.AsyncTimeout)
                connection.Abort(new RedisConnectionException(ConnectionFailureType.SocketFailure, $"Nothing has come from {connection.EndPoint} for {now - connection.LastReadAt} ms."));
        }
        else if (_options.KeepAlive > 0 && now - connection.LastWriteAt > _options.KeepAlive * 1000L)
        {
            Enqueue(new Message<bool>(-1, "PING", [], ReplyReaders.Any));
        }
    }

    /// <summary>Waits until nothing is queued or awaited any more, or the time is up.</summary>
    public async Task DrainAsync(TimeSpan limit)
    {
        var deadline = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (_connection is { } connection && (!_backlog.IsEmpty || connection.AwaitingCount > 0) && Environment.TickCount64 < deadline)
            await Task.Delay(5);
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed.IsCancellationRequested) return;
        await _disposed.CancelAsync();
        if (_running is not null) await _running;
        FailBacklog(Disposed);
        _started.TrySetResult();
    }

    internal Exception NoConnection(Message message) => new RedisConnectionException(
        ConnectionFailureType.UnableToResolvePhysicalConnection,
        $"No connection is active/available to service this operation: {message.Command}; {_lastFailure?.Message ?? "connecting is under way"}",
        _lastFailure,
        message.Status);

    private async Task RunAsync()
    {
        for (var endPoint = 0; !_disposed.IsCancellationRequested; endPoint++)
        {
            var connected = false;
            try
            {
                await using var connection = await _connector.ConnectAsync(_options.EndPoints[endPoint % _options.EndPoints.Count], _disposed.Token);
                connected = true;
                endPoint--;
                await ServeAsync(connection);
            }
            catch (Exception exception) when (!_disposed.IsCancellationRequested)
            {
                ReportFailure(exception);
            }
            catch (Exception) when (_disposed.IsCancellationRequested)
            {
                return;
            }

            if (connected) _attempts = 0;
            else await WaitForRetryAsync();
        }
    }

    private async Task WaitForRetryAsync()
    {
        _attempts++;
        // The first attempts follow one another; after them the policy decides.
        if (!_started.Task.IsCompleted)
        {
            if (_attempts < Math.Max(1, _options.ConnectRetry)) return;
            _started.TrySetResult();
        }

        var since = Environment.TickCount64;
        try
        {
            while (!_options.ReconnectRetryPolicy.ShouldRetry(_attempts, (int)(Environment.TickCount64 - since)))
                await Task.Delay(50, _disposed.Token);
        }
        catch (OperationCanceledException)
        {
            // Disposed: the loop sees it.
        }
    }

    private async Task ServeAsync(PhysicalConnection connection)
    {
        _multiplexer.Subscriptions.Resubscribe(connection, _type);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token);
        _connection = connection;
        _started.TrySetResult();
        LogConnected(_type, EndPointCollection.ToString(connection.EndPoint), connection.Protocol);
        ReportRestored(connection);

        var writing = WriteAsync(connection, ended.Token);
        try
        {
            await await Task.WhenAny(connection.Reading, writing);
        }
        catch (Exception exception) when (connection.Failure is null)
        {
            throw new RedisConnectionException(
                ConnectionFailureType.SocketFailure,
                $"SocketFailure on {EndPointCollection.ToString(connection.EndPoint)}: {exception.Message}",
                exception);
        }
        finally
        {
            _connection = null;
            await ended.CancelAsync();
            if (_disposed.IsCancellationRequested)
                connection.Abort(new RedisConnectionException(ConnectionFailureType.ConnectionDisposed, "The multiplexer was disposed."));
            await connection.DisposeAsync();
            await Ended(connection.Reading);
            await Ended(writing);
            connection.FailAwaiting();
            if (_options.BacklogPolicy.AbortPendingOnConnectionFailure) FailBacklog(NoConnection);
        }
    }

    private static Task Ended(Task task) =>
        task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    private async Task WriteAsync(PhysicalConnection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            while (_backlog.TryDequeue(out var message))
            {
                // Its time ran out, or its caller gave up, before it was sent: then it never is.
                if (message.IsCompleted) continue;
                await MessageWriter.WriteAsync(connection, message, cancellationToken);
                if (connection.UnflushedBytes >= FlushThreshold) await connection.FlushAsync(cancellationToken);
            }

            await connection.FlushAsync(cancellationToken);
            Interlocked.Exchange(ref _writerSleeps, 1);
            if (!_backlog.IsEmpty && Interlocked.Exchange(ref _writerSleeps, 0) == 1) continue;
            await _work.WaitAsync(cancellationToken);
        }
    }

    private void WakeWriter()
    {
        if (Volatile.Read(ref _writerSleeps) == 1 && Interlocked.Exchange(ref _writerSleeps, 0) == 1) _work.Release();
    }

    private void ExpireBacklog(long overdue)
    {
        foreach (var message in _backlog)
        {
            if (message.CreatedAt > overdue) break;
            if (!message.IsCompleted) message.Fail(TimedOut(message));
        }

        if (_connection is null)
            while (_backlog.TryPeek(out var head) && head.IsCompleted && _backlog.TryDequeue(out _)) ;
    }

    private void FailBacklog(Func<Message, Exception> reason)
    {
        while (_backlog.TryDequeue(out var message)) message.Fail(reason(message));
    }

    private static ObjectDisposedException Disposed(Message message) =>
        new(nameof(ConnectionMultiplexer), $"The connection was disposed before {message.Command} was sent.");

    private Exception TimedOut(Message message)
    {
        var waited = Environment.TickCount64 - message.CreatedAt;
        if (_connection is null)
        {
            return new RedisConnectionException(
                (_lastFailure as RedisConnectionException)?.FailureType ?? ConnectionFailureType.UnableToConnect,
                $"The message timed out in the backlog attempting to send because no connection became available ({waited}ms, timeout is {_options.AsyncTimeout}ms), command={message.Command}: {_lastFailure?.Message}",
                _lastFailure,
                message.Status);
        }

        return new RedisTimeoutException(
            $"Timeout awaiting response ({waited}ms elapsed, timeout is {_options.AsyncTimeout}ms), command={message.Command}, qu: {_backlog.Count}, qs: {_connection?.AwaitingCount ?? 0}, serverEndpoint: {EndPointCollection.ToString(EndPoint)}",
            message.Status);
    }

    private void ReportFailure(Exception exception)
    {
        _lastFailure = exception;
        if (_failureReported) return;
        _failureReported = true;
        LogFailed(_type, exception.Message);
        _multiplexer.OnConnectionFailed(EndPoint, _type, exception);
    }

    private void ReportRestored(PhysicalConnection connection)
    {
        if (!_failureReported) return;
        _failureReported = false;
        _multiplexer.OnConnectionRestored(connection.EndPoint, _type);
    }

    [LoggerMessage(LogLevel.Information, "Redis {Type} connection to {EndPoint} is up ({Protocol})")]
    private partial void LogConnected(ConnectionType type, string endPoint, RedisProtocol protocol);

    [LoggerMessage(LogLevel.Warning, "Redis {Type} connection failed: {Reason}")]
    private partial void LogFailed(ConnectionType type, string reason);
}
