using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Http;
using Grpc.Net.Protocol;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// One call: its request, and how it ended. The first to end it (the server's status, a failure, the deadline, the
/// caller) decides the status; whoever comes later is told that one.
/// </summary>
internal abstract partial class GrpcCall : IDisposable
{
    private static readonly TimeSpan s_firstReconnect = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_longestReconnect = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cancellation = new();
    private readonly ResponseHeaders _responseHeaders = new();
    private readonly DateTime? _deadline;
    private readonly DeadlineTimer? _deadlineTimer;
    private CancellationTokenRegistration _callerCancellation;
    private HttpResponseMessage? _response;
    private Status? _status;
    private Metadata? _trailers;
    private HttpHeaders? _trailerHeaders;

    protected GrpcCall(GrpcChannel channel, IMethod method, CallOptions options)
    {
        Channel = channel;
        Method = method;
        Options = options;
        Encoding = options.Headers?.GetValue(GrpcHeaders.EncodingRequest);
        _deadline = ValidDeadline(options.Deadline);
        channel.Add(this);
        if (_deadline is { } deadline)
            _deadlineTimer = new DeadlineTimer(deadline, OnDeadline);
    }

    public GrpcChannel Channel { get; }

    public CallOptions Options { get; }

    public bool IsDisposed { get; private set; }

    /// <summary>Cancelled when the call ends before its response does.</summary>
    public CancellationToken Aborted => _cancellation.Token;

    /// <summary>Null while the call is under way.</summary>
    public Status? Outcome
    {
        get
        {
            lock (_gate)
                return _status;
        }
    }

    public Task<Metadata> ResponseHeadersAsync => _responseHeaders.Task;

    protected IMethod Method { get; }

    /// <summary>The <c>grpc-encoding</c> that the caller asked for.</summary>
    protected string? Encoding { get; }

    public Status GetStatus() => Outcome ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    public Metadata GetTrailers()
    {
        lock (_gate)
        {
            return _trailers ??= _trailerHeaders is not null
                ? HeaderMetadata.Read(_trailerHeaders)
                : throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        Cancel(new Status(StatusCode.Cancelled, "gRPC call disposed."));
    }

    public void Cancel(CancellationToken reason) =>
        Cancel(new Status(StatusCode.Cancelled, "Call canceled by the client.", new OperationCanceledException(reason)));

    public CancellationTokenRegistration CancelWith(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled && cancellationToken != Options.CancellationToken
            ? cancellationToken.UnsafeRegister(static (state, token) => ((GrpcCall)state!).Cancel(token), this)
            : default;

    /// <summary>Ends the call with the status that the server sent in the response's trailers.</summary>
    public void EndWithTrailers(HttpResponseMessage response) => End(StatusMapping.OfResponseTrailers(response), response.TrailingHeaders);

    public void EndWithFailure(string summary, Exception exception)
    {
        var status = StatusMapping.OfException(summary, exception);

        // The server can notice the deadline first, and reset the stream.
        if (status.StatusCode == StatusCode.Cancelled && _deadline <= DateTime.UtcNow)
            status = new Status(StatusCode.DeadlineExceeded, status.Detail, status.DebugException);

        End(status, trailers: null);
    }

    /// <summary>What the caller gets to see of a call that did not end with OK.</summary>
    public Exception ToException()
    {
        var status = GetStatus();
        if (Channel.ThrowOperationCanceledOnCancellation && status.StatusCode is StatusCode.Cancelled or StatusCode.DeadlineExceeded)
            return new OperationCanceledException(status.Detail, status.DebugException, CancelledToken(status));

        try
        {
            lock (_gate)
                return new RpcException(status, _trailerHeaders is null ? Metadata.Empty : _trailers ??= HeaderMetadata.Read(_trailerHeaders));
        }
        catch (FormatException)
        {
            return new RpcException(status);
        }
    }

    protected void Start()
    {
        _callerCancellation = Options.CancellationToken.UnsafeRegister(static (state, token) => ((GrpcCall)state!).Cancel(token), this);
        _deadlineTimer?.Start();
        if (Outcome is not null)
            Release();
    }

    protected void End(Status status, HttpHeaders? trailers)
    {
        lock (_gate)
        {
            if (_status is not null)
                return;

            _status = status;
            _trailerHeaders = trailers;
        }

        if (status.StatusCode != StatusCode.OK)
            LogFailed(Channel.Logger, Method.FullName, status.StatusCode, status.Detail);

        if (trailers is null)
            _cancellation.Cancel();

        Release();
        _responseHeaders.Failed(ToException);
        OnEnded(status);
    }

    protected virtual void OnEnded(Status status)
    {
    }

    /// <summary>Sends the request and returns the response when its headers are there; null if those ended the call.</summary>
    protected async Task<HttpResponseMessage?> SendAsync(HttpContent content)
    {
        var response = await ConnectAsync(content).ConfigureAwait(false);
        lock (_gate)
            _response = response;

        _responseHeaders.Arrived(response);
        var status = StatusMapping.OfResponseHeaders(response, out var isTrailersOnly);
        if (status is null)
        {
            if (Outcome is not null)
                response.Dispose();
            return response;
        }

        End(OfTrailersOnly(status.Value), isTrailersOnly ? response.Headers : response.TrailingHeaders);
        response.Dispose();
        return null;
    }

    /// <summary>A unary response needs a message, so OK without one is an error.</summary>
    protected virtual Status OfTrailersOnly(Status status) => status;

    protected static string? ResponseEncoding(HttpResponseMessage response) =>
        response.Headers.NonValidated.TryGetValues(GrpcHeaders.Encoding, out var encoding) ? encoding.ToString() : null;

    private async Task<HttpResponseMessage> ConnectAsync(HttpContent content)
    {
        var wait = s_firstReconnect;
        while (true)
        {
            var request = await CreateRequestAsync(content).ConfigureAwait(false);
            Aborted.ThrowIfCancellationRequested();
            try
            {
                return await Channel.SendAsync(request, Aborted).ConfigureAwait(false);
            }
            catch (HttpRequestException exception) when (Options.IsWaitForReady && exception.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                await Task.Delay(wait, Aborted).ConfigureAwait(false);
                wait = wait * 2 < s_longestReconnect ? wait * 2 : s_longestReconnect;
            }
        }
    }

    private async ValueTask<HttpRequestMessage> CreateRequestAsync(HttpContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Channel.AddressOf(Method))
        {
            Version = Channel.HttpVersion,
            VersionPolicy = Channel.HttpVersionPolicy,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", "grpc-dotnet-standin/1.0");
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(GrpcHeaders.AcceptEncoding, Channel.Compressions.AcceptEncoding);
        if (Options.Headers is { Count: > 0 })
            HeaderMetadata.Write(Options.Headers, headers);
        if (_deadline is { } deadline)
            headers.TryAddWithoutValidation(GrpcHeaders.Timeout, GrpcTimeout.Format(deadline - DateTime.UtcNow));

        if (Channel.Security.SendsCallCredentials && (Options.Credentials is not null || Channel.Security.CallCredentials.Count > 0))
        {
            var credentials = Options.Credentials is null ? Channel.Security.CallCredentials : [Options.Credentials, .. Channel.Security.CallCredentials];
            HeaderMetadata.Write(
                await CallCredentialsReader.ReadAsync(credentials, Channel.Address, Method, Aborted).ConfigureAwait(false), headers);
        }

        return request;
    }

    private static DateTime? ValidDeadline(DateTime? deadline)
    {
        if (deadline is not { } value || value == DateTime.MaxValue)
            return null;

        return value == DateTime.MinValue || value.Kind == DateTimeKind.Utc
            ? value
            : throw new InvalidOperationException("Deadline must have a kind DateTimeKind.Utc or be equal to DateTime.MaxValue or DateTime.MinValue.");
    }

    private void OnDeadline() => Cancel(new Status(StatusCode.DeadlineExceeded, string.Empty));

    private void Cancel(Status status) => End(status, trailers: null);

    private CancellationToken CancelledToken(Status status) =>
        status.DebugException is OperationCanceledException { CancellationToken.IsCancellationRequested: true } cancelled ? cancelled.CancellationToken : Aborted;

    private void Release()
    {
        _callerCancellation.Unregister();
        _deadlineTimer?.Dispose();
        Channel.Remove(this);
        HttpResponseMessage? response;
        lock (_gate)
            response = _response;
        response?.Dispose();
    }

    [LoggerMessage(EventId = 3, EventName = "GrpcStatusError", Level = LogLevel.Information, Message = "Call {Method} failed with gRPC error status. Status code: '{StatusCode}', Message: '{Detail}'.")]
    private static partial void LogFailed(ILogger logger, string method, StatusCode statusCode, string detail);
}
