using System.Buffers;
using System.Diagnostics;
using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <summary>A call, from its request headers to its status.</summary>
internal sealed partial class ServerCall : ServerCallContext, IServerCallContextFeature
{
    // https://httpwg.org/specs/rfc9113.html#ErrorCodes: CANCEL
    private const int ResetCancel = 0x8;

    private readonly ILogger _logger;
    private readonly Activity? _activity;
    private readonly CallDeadline? _deadline;
    private FrameSerializer? _serializer;
    private MessagePayload? _payload;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private Status _status;
    private string? _responseEncoding;

    public ServerCall(HttpContext httpContext, MethodOptions options, ILogger logger)
    {
        HttpContext = httpContext;
        Options = options;
        _logger = logger;
        _activity = httpContext.Features.Get<IHttpActivityFeature>()?.Activity;
        _activity?.AddTag("grpc.method", MethodCore);
        GrpcResponse.Start(httpContext.Response);

        if (options.ResponseCompressionAlgorithm is { } encoding && encoding != GrpcHeaders.Identity && Accepts(encoding))
            SetResponseEncoding(encoding);
        if (GrpcTimeout.TryParse(httpContext.Request.Headers.GrpcTimeout, out var timeout) && timeout > TimeSpan.Zero)
            _deadline = new CallDeadline(timeout, httpContext, ExpireAsync);
    }

    public HttpContext HttpContext { get; }

    public MethodOptions Options { get; }

    public bool HasExpired => _deadline is { HasExpired: true };

    ServerCallContext IServerCallContextFeature.ServerCallContext => this;

    protected override string MethodCore => HttpContext.Request.Path.Value!;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    // https://github.com/grpc/grpc/blob/master/doc/naming.md
    protected override string PeerCore => HttpContext.Connection.RemoteIpAddress switch
    {
        { AddressFamily: AddressFamily.InterNetwork } address => $"ipv4:{address}:{HttpContext.Connection.RemotePort}",
        { AddressFamily: AddressFamily.InterNetworkV6 } address => $"ipv6:[{address}]:{HttpContext.Connection.RemotePort}",
        _ => "unknown",
    };

    protected override DateTime DeadlineCore => _deadline?.Deadline ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= RequestMetadata.Read(HttpContext.Request.Headers);

    protected override CancellationToken CancellationTokenCore => _deadline?.CancellationToken ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => _authContext ??= PeerCertificate.AuthContextOf(HttpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    public T Deserialize<T>(ReadOnlySequence<byte> message, bool compressed, Func<DeserializationContext, T> deserializer) =>
        (_payload ??= new MessagePayload()).Deserialize(compressed ? Decompress(message) : message, deserializer);

    /// <summary>Puts a message on the response, without flushing it.</summary>
    public async ValueTask WriteAsync<T>(T message, Action<T, SerializationContext> serializer, CancellationToken cancellationToken)
    {
        // Headers go before the first byte of the body is asked for.
        if (!HttpContext.Response.HasStarted)
            await HttpContext.Response.StartAsync(cancellationToken);

        _serializer ??= new FrameSerializer(Options.MaxSendMessageSize, Options.ResponseCompressionLevel);
        var compression = (WriteOptions?.Flags ?? default).HasFlag(WriteFlags.NoCompress) ? null : Options.Compressions.Find(_responseEncoding);
        _serializer.Write(message, serializer, HttpContext.Response.BodyWriter, compression);
    }

    /// <summary>Tells the client at once that nothing more will come, and the service that nobody listens.</summary>
    public void Reset()
    {
        if (HttpContext.Features.Get<IHttpResetFeature>() is { } reset)
            reset.Reset(ResetCancel);
        else
            HttpContext.Abort();
    }

    /// <summary>Sends the outcome of the method, unless the deadline has sent its own.</summary>
    public async Task EndAsync(Exception? failure)
    {
        if (_deadline?.EndCall() is { } expiry)
        {
            await expiry;
        }
        else
        {
            if (failure is not null)
                _status = Describe(failure);
            WriteOutcome();
        }

        _deadline?.Dispose();
        _activity?.AddTag("grpc.status_code", GrpcResponse.StatusText(_status.StatusCode));
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        var response = HttpContext.Response;
        if (response.HasStarted)
            throw new InvalidOperationException("Response headers can only be sent once per call.");

        var sent = new Metadata();
        foreach (var entry in responseHeaders)
        {
            if (entry.Key == GrpcHeaders.EncodingRequest)
                SetResponseEncoding(entry.Value);
            else
                sent.Add(entry);
        }

        GrpcResponse.Append(response.Headers, sent);
        return response.BodyWriter.FlushAsync().AsTask();
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotImplementedException("Propagation tokens are not implemented: pass Deadline and CancellationToken on in the CallOptions.");

    private Status Describe(Exception failure)
    {
        if (failure is RpcException rpc)
        {
            LogRpcException(_logger, MethodCore, rpc.StatusCode, rpc.Status.Detail, rpc.Status.DebugException);
            foreach (var entry in rpc.Trailers)
                ResponseTrailers.Add(entry);
            return rpc.Status;
        }

        if (failure is OperationCanceledException or IOException && CancellationToken.IsCancellationRequested)
            LogCancelled(_logger, MethodCore);
        else
            LogFailed(_logger, MethodCore, failure);

        var detail = "Exception was thrown by handler.";
        if (Options.EnableDetailedErrors)
        {
            for (var exception = failure; exception is not null; exception = exception.InnerException)
                detail += $" {exception.GetType().Name}: {exception.Message}";
        }

        return new Status(StatusCode.Unknown, detail, failure);
    }

    private void WriteOutcome()
    {
        // Nobody is there to read it.
        if (HttpContext.RequestAborted.IsCancellationRequested)
            return;

        try
        {
            GrpcResponse.WriteStatus(HttpContext.Response, _status, _responseTrailers);
        }
        catch (InvalidOperationException exception) when (_responseTrailers is not null)
        {
            // A trailer that HTTP cannot carry. The client is better served with a status than with a broken stream.
            LogFailed(_logger, MethodCore, exception);
            _status = new Status(StatusCode.Unknown, "Exception was thrown by handler.", exception);
            GrpcResponse.WriteStatus(HttpContext.Response, _status);
        }
    }

    private async Task ExpireAsync()
    {
        _status = new Status(StatusCode.DeadlineExceeded, "Deadline Exceeded");
        try
        {
            GrpcResponse.WriteStatus(HttpContext.Response, _status);
            await HttpContext.Response.CompleteAsync();
        }
        catch (Exception exception) when (exception is InvalidOperationException or IOException or OperationCanceledException)
        {
            LogExpiryFailed(_logger, MethodCore, exception);
        }

        Reset();
    }

    private void SetResponseEncoding(string encoding)
    {
        _responseEncoding = encoding;
        HttpContext.Response.Headers[GrpcHeaders.Encoding] = encoding;
    }

    private bool Accepts(string encoding) => HttpContext.Request.Headers.GrpcAcceptEncoding.ToString()
        .Split(',', StringSplitOptions.TrimEntries).Contains(encoding, StringComparer.Ordinal);

    private ReadOnlySequence<byte> Decompress(ReadOnlySequence<byte> message)
    {
        string? encoding = HttpContext.Request.Headers.GrpcEncoding;
        try
        {
            return Options.Compressions.Decompress(encoding, message, Options.MaxReceiveMessageSize);
        }
        catch (RpcException exception) when (exception.StatusCode == StatusCode.Unimplemented && !HttpContext.Response.HasStarted)
        {
            HttpContext.Response.Headers[GrpcHeaders.AcceptEncoding] = Options.Compressions.AcceptEncoding;
            throw;
        }
    }

    [LoggerMessage(EventId = 6, EventName = "ErrorExecutingServiceMethod", Level = LogLevel.Error, Message = "Error when executing service method '{Method}'.")]
    private static partial void LogFailed(ILogger logger, string method, Exception exception);

    [LoggerMessage(EventId = 7, EventName = "RpcConnectionError", Level = LogLevel.Information, Message = "'{Method}' ended with status code '{StatusCode}' and detail '{Detail}'.")]
    private static partial void LogRpcException(ILogger logger, string method, StatusCode statusCode, string detail, Exception? exception);

    [LoggerMessage(EventId = 24, EventName = "ServiceMethodCanceled", Level = LogLevel.Information, Message = "Service method '{Method}' canceled.")]
    private static partial void LogCancelled(ILogger logger, string method);

    [LoggerMessage(EventId = 18, EventName = "DeadlineCancellationError", Level = LogLevel.Debug, Message = "'{Method}' exceeded its deadline, and its client could not be told.")]
    private static partial void LogExpiryFailed(ILogger logger, string method, Exception exception);
}
