using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;

namespace StackExchange.Redis;

/// <summary>
/// One socket. Whoever holds the connection writes; replies come back in the order of the commands and complete what
/// waits at the head of the queue.
/// </summary>
internal sealed class PhysicalConnection : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly PipeReader _input;
    private readonly PipeWriter _output;
    private readonly RespParser _parser = new();
    private readonly ConcurrentQueue<Message> _awaiting = new();
    private readonly Action<RespReply> _onPublished;
    private readonly bool _isSubscription;
    private readonly HashSet<int> _databases = [-1, 0];
    private int _database;

    public PhysicalConnection(Stream stream, EndPoint endPoint, bool isSubscription, Action<RespReply> onPublished)
    {
        _stream = stream;
        _isSubscription = isSubscription;
        _onPublished = onPublished;
        EndPoint = endPoint;
        _input = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        _output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024, leaveOpen: true));
    }

    public EndPoint EndPoint { get; }

    public RedisProtocol Protocol { get; set; } = RedisProtocol.Resp2;

    public Version? ServerVersion { get; set; }

    /// <summary>Scripts that this server is known to hold. It forgets them when it restarts, and so does the next connection.</summary>
    public ConcurrentDictionary<string, string> Scripts { get; } = new();

    public int AwaitingCount => _awaiting.Count;

    public long LastReadAt { get; private set; } = Environment.TickCount64;

    public long LastWriteAt { get; private set; } = Environment.TickCount64;

    public long UnflushedBytes => _output.UnflushedBytes;

    /// <summary>Why the connection ended, once it has.</summary>
    public RedisConnectionException? Failure { get; private set; }

    /// <summary>Ends, always with an exception, when the connection does.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    public Message? Head => _awaiting.TryPeek(out var message) ? message : null;

    public IEnumerable<Message> Awaiting => _awaiting;

    /// <summary>
    /// Makes sure that the server has that database. A SELECT that failed unnoticed would send what follows to another.
    /// </summary>
    public async ValueTask ConfirmDatabaseAsync(int database, CancellationToken cancellationToken)
    {
        if (_databases.Contains(database)) return;
        await AskAsync(new Message<bool>(-1, "SELECT", [database], ReplyReaders.Ok), cancellationToken);
        _databases.Add(database);
        _database = database;
    }

    public async Task<T> AskAsync<T>(Message<T> message, CancellationToken cancellationToken)
    {
        Write(message);
        await FlushAsync(cancellationToken);
        return await message.Task.WaitAsync(cancellationToken);
    }

    public void Write(Message message)
    {
        if (message.Database >= 0 && message.Database != _database)
        {
            Write(new Message<bool>(-1, "SELECT", [message.Database], ReplyReaders.Ok));
            _database = message.Database;
        }

        WriteHere(message);
    }

    /// <summary>Writes it for the database that the connection is at, whichever that is.</summary>
    public void WriteHere(Message message)
    {
        message.Status = CommandStatus.Sent;
        _awaiting.Enqueue(message);
        RespWriter.WriteCommand(_output, message.Command, message.Arguments);
        // A caller's own SELECT is not what others are to work on: the next command says again which database it is for.
        if (message.Command.Equals("SELECT", StringComparison.OrdinalIgnoreCase)) _database = -1;
    }

    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_output.UnflushedBytes == 0) return;
        LastWriteAt = Environment.TickCount64;
        await _output.FlushAsync(cancellationToken);
    }

    public void StartReading() => Reading = Task.Run(ReadAsync);

    /// <summary>Ends the connection from this side, for the reason given.</summary>
    public void Abort(RedisConnectionException reason)
    {
        Failure ??= reason;
        _stream.Dispose();
    }

    public void FailAwaiting()
    {
        while (_awaiting.TryDequeue(out var message))
        {
            // As the package does: what was under way when the multiplexer was disposed is cancelled.
            if (Failure?.FailureType == ConnectionFailureType.ConnectionDisposed)
            {
                message.Cancel();
                continue;
            }

            message.Fail(new RedisConnectionException(
                Failure?.FailureType ?? ConnectionFailureType.SocketFailure,
                $"The connection ended before {message.Command} was answered; the server may have executed it. {Failure?.Message}",
                Failure));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _input.CompleteAsync();
        try
        {
            await _output.CompleteAsync();
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // What was not flushed is lost with the socket; its callers hear that from FailAwaiting.
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            while (true)
            {
                var result = await _input.ReadAsync(CancellationToken.None);
                LastReadAt = Environment.TickCount64;
                var consumed = Process(result.Buffer);
                _input.AdvanceTo(consumed, result.Buffer.End);
                if (result.IsCompleted)
                    throw new RedisConnectionException(ConnectionFailureType.SocketClosed, $"The server at {Name} closed the connection.");
            }
        }
        catch (Exception exception)
        {
            Failure ??= exception as RedisConnectionException
                ?? new RedisConnectionException(ConnectionFailureType.SocketFailure, $"SocketFailure on {Name}: {exception.Message}", exception);
            // Nobody will complete what still waits, a condition of a transaction among them.
            FailAwaiting();
            throw Failure;
        }
    }

    private SequencePosition Process(ReadOnlySequence<byte> buffer)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (_parser.TryRead(ref reader, out var reply)) Dispatch(reply);
        return reader.Position;
    }

    private string Name => EndPointCollection.ToString(EndPoint);

    private void Dispatch(in RespReply reply)
    {
        var isPush = reply.Type == ResultType.Push || (_isSubscription && reply.Type == ResultType.Array);
        if (isPush && reply.Items is [var kind, ..])
        {
            if (kind.Is("message"u8) || kind.Is("pmessage"u8))
            {
                _onPublished(reply);
                return;
            }

            // The acknowledgement of a (un)subscription stands where its reply would. Anything else that is pushed was not asked for.
            if (reply.Type == ResultType.Push && !(Head is { } head && kind.Text.Equals(head.Command, StringComparison.OrdinalIgnoreCase)))
                return;
        }

        if (!_awaiting.TryDequeue(out var message))
            throw new RedisConnectionException(ConnectionFailureType.ProtocolFailure, $"The server at {Name} sent a reply that nobody awaits.");
        message.Complete(reply);
    }
}
