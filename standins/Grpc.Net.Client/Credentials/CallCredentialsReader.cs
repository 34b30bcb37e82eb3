using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>Runs a call's credentials, in order, and gathers the headers they add.</summary>
internal sealed class CallCredentialsReader : CallCredentialsConfiguratorBase
{
    private readonly List<AsyncAuthInterceptor> _interceptors = [];

    public static async Task<Metadata> ReadAsync(IEnumerable<CallCredentials> credentials, Uri address, IMethod method, CancellationToken cancellationToken)
    {
        var reader = new CallCredentialsReader();
        foreach (var credential in credentials)
            credential.InternalPopulateConfiguration(reader, null);

        var metadata = new Metadata();
        var context = new AuthInterceptorContext(ServiceUrl(address, method), method.Name, cancellationToken);
        foreach (var interceptor in reader._interceptors)
            await interceptor(context, metadata).ConfigureAwait(false);

        return metadata;
    }

    public override void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor) => _interceptors.Add(interceptor);

    public override void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials)
    {
        foreach (var credential in credentials)
            credential.InternalPopulateConfiguration(this, state);
    }

    // Uri.Authority has no default port, as audiences in tokens must not.
    private static string ServiceUrl(Uri address, IMethod method) =>
        $"{address.Scheme}://{address.Authority}{address.AbsolutePath.TrimEnd('/')}/{method.ServiceName}";
}
