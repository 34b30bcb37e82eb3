using Grpc.Core;

namespace Grpc.Net.Client.Credentials;

/// <summary>What the channel's credentials come to: TLS or not, and the credentials that each call carries.</summary>
internal sealed class ChannelSecurity : ChannelCredentialsConfiguratorBase
{
    private readonly bool _allowInsecureCallCredentials;
    private readonly List<CallCredentials> _callCredentials = [];
    private bool _isSecure;

    private ChannelSecurity(bool allowInsecureCallCredentials) => _allowInsecureCallCredentials = allowInsecureCallCredentials;

    public bool SendsCallCredentials => _isSecure || _allowInsecureCallCredentials;

    public IReadOnlyList<CallCredentials> CallCredentials => _callCredentials;

    public static ChannelSecurity Resolve(Uri address, GrpcChannelOptions options)
    {
        var security = new ChannelSecurity(options.UnsafeUseInsecureChannelCallCredentials);
        var isHttps = address.Scheme == Uri.UriSchemeHttps;
        if (!isHttps && address.Scheme != Uri.UriSchemeHttp)
            throw new InvalidOperationException($"No address resolver configured for the scheme '{address.Scheme}'.");

        if (options.Credentials is not { } credentials)
        {
            security._isSecure = isHttps;
            return security;
        }

        credentials.InternalPopulateConfiguration(security, credentials);
        if (security._isSecure != isHttps)
        {
            var kind = security._isSecure ? "secure" : "insecure";
            throw new InvalidOperationException($"Channel is configured with {kind} channel credentials and can't use a HttpClient with a '{address.Scheme}' scheme.");
        }

        return security;
    }

    public override void SetInsecureCredentials(object state) => _isSecure = false;

    public override void SetSslCredentials(object state, string? rootCertificates, KeyCertificatePair? keyCertificatePair, VerifyPeerCallback? verifyPeerCallback)
    {
        if (!string.IsNullOrEmpty(rootCertificates) || keyCertificatePair is not null || verifyPeerCallback is not null)
        {
            throw new InvalidOperationException(
                "SslCredentials with non-null arguments is not supported by GrpcChannel: set certificates on its HttpHandler.");
        }

        _isSecure = true;
    }

    public override void SetCompositeCredentials(object state, ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        channelCredentials.InternalPopulateConfiguration(this, state);
        if (!SendsCallCredentials)
        {
            throw new InvalidOperationException(
                $"CallCredentials can't be composed with {channelCredentials.GetType().Name}. Use them with secure channel credentials like SslCredentials, " +
                "or set GrpcChannelOptions.UnsafeUseInsecureChannelCallCredentials.");
        }

        _callCredentials.Add(callCredentials);
    }
}
