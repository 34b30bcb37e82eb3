using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>The response headers of a call, as a task that is made only for those who ask.</summary>
internal sealed class ResponseHeaders
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<Metadata>? _asked;
    private HttpResponseMessage? _response;
    private Func<Exception>? _failure;

    public Task<Metadata> Task
    {
        get
        {
            lock (_gate)
            {
                if (_asked is null)
                {
                    _asked = new TaskCompletionSource<Metadata>(TaskCreationOptions.RunContinuationsAsynchronously);
                    Settle();
                }

                return _asked.Task;
            }
        }
    }

    public void Arrived(HttpResponseMessage response)
    {
        lock (_gate)
        {
            _response ??= response;
            Settle();
        }
    }

    public void Failed(Func<Exception> failure)
    {
        lock (_gate)
        {
            _failure ??= failure;
            Settle();
        }
    }

    private void Settle()
    {
        if (_asked is null || _asked.Task.IsCompleted)
            return;

        try
        {
            if (_response is not null)
                _asked.SetResult(HeaderMetadata.Read(_response.Headers));
            else if (_failure is not null)
                _asked.SetException(_failure());
        }
        catch (FormatException exception)
        {
            _asked.SetException(new RpcException(new Status(StatusCode.Internal, "Bad gRPC response. Invalid binary response header.", exception)));
        }

        // Few look at the headers of a call that fails; its response says the same.
        _ = _asked.Task.Exception;
    }
}
