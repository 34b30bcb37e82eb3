using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using StackExchange.Redis.Configuration;

namespace StackExchange.Redis;

/// <summary>How to reach the server; from a connection string with <see cref="Parse(string)"/>.</summary>
public sealed partial class ConfigurationOptions : ICloneable
{
    private DefaultOptionsProvider? _defaults;
    private bool? _abortOnConnectFail;
    private bool? _allowAdmin;
    private bool? _checkCertificateRevocation;
    private bool? _ssl;
    private int? _asyncTimeout;
    private int? _connectRetry;
    private int? _connectTimeout;
    private int? _keepAlive;
    private int? _syncTimeout;
    private string? _password;
    private string? _sslHost;
    private string? _user;
    private BacklogPolicy? _backlogPolicy;
    private IReconnectRetryPolicy? _reconnectRetryPolicy;
    private TimeSpan? _heartbeatInterval;
    private Version? _defaultVersion;

    /// <summary>Chooses the client's certificate.</summary>
    public event LocalCertificateSelectionCallback? CertificateSelection;

    /// <summary>Judges the server's certificate.</summary>
    public event RemoteCertificateValidationCallback? CertificateValidation;

    public DefaultOptionsProvider Defaults
    {
        get => _defaults ??= new DefaultOptionsProvider();
        set => _defaults = value;
    }

    public EndPointCollection EndPoints { get; init; } = [];

    public bool AbortOnConnectFail
    {
        get => _abortOnConnectFail ?? Defaults.AbortOnConnectFail;
        set => _abortOnConnectFail = value;
    }

    public bool AllowAdmin
    {
        get => _allowAdmin ?? Defaults.AllowAdmin;
        set => _allowAdmin = value;
    }

    public int AsyncTimeout
    {
        get => _asyncTimeout ?? SyncTimeout;
        set => _asyncTimeout = value;
    }

    public int SyncTimeout
    {
        get => _syncTimeout ?? (int)Defaults.SyncTimeout.TotalMilliseconds;
        set => _syncTimeout = value;
    }

    public int ConnectTimeout
    {
        get => _connectTimeout ?? (int?)Defaults.ConnectTimeout?.TotalMilliseconds ?? Math.Max(5000, SyncTimeout);
        set => _connectTimeout = value;
    }

    public int ConnectRetry
    {
        get => _connectRetry ?? Defaults.ConnectRetry;
        set => _connectRetry = value;
    }

    /// <summary>Seconds of silence after which a PING is sent; 0 or less for never, -1 for the default.</summary>
    public int KeepAlive
    {
        get => _keepAlive is { } set and not -1 ? set : (int)Defaults.KeepAliveInterval.TotalSeconds;
        set => _keepAlive = value;
    }

    public TimeSpan HeartbeatInterval
    {
        get => _heartbeatInterval ?? Defaults.HeartbeatInterval;
        set => _heartbeatInterval = value;
    }

    public BacklogPolicy BacklogPolicy
    {
        get => _backlogPolicy ?? Defaults.BacklogPolicy;
        set => _backlogPolicy = value;
    }

    public IReconnectRetryPolicy ReconnectRetryPolicy
    {
        get => _reconnectRetryPolicy ??= Defaults.ReconnectRetryPolicy ?? new ExponentialRetry(ConnectTimeout / 2);
        set => _reconnectRetryPolicy = value;
    }

    public string? ClientName { get; set; }

    public string? User
    {
        get => _user ?? Defaults.User;
        set => _user = value;
    }

    public string? Password
    {
        get => _password ?? Defaults.Password;
        set => _password = value;
    }

    public int? DefaultDatabase { get; set; }

    public Version DefaultVersion
    {
        get => _defaultVersion ?? Defaults.DefaultVersion;
        set => _defaultVersion = value;
    }

    /// <summary>RESP2 where nothing is said.</summary>
    public RedisProtocol? Protocol { get; set; }

    public bool Ssl
    {
        get => _ssl ?? Defaults.GetDefaultSsl(EndPoints);
        set => _ssl = value;
    }

    public string? SslHost
    {
        get => _sslHost ?? Defaults.GetSslHostFromEndpoints(EndPoints);
        set => _sslHost = value;
    }

    public SslProtocols? SslProtocols { get; set; }

    public bool CheckCertificateRevocation
    {
        get => _checkCertificateRevocation ?? Defaults.CheckCertificateRevocation;
        set => _checkCertificateRevocation = value;
    }

    public Func<string, SslClientAuthenticationOptions>? SslClientAuthenticationOptions { get; set; }

    public Action<EndPoint, ConnectionType, Socket>? BeforeSocketConnect { get; set; }

    public ILoggerFactory? LoggerFactory { get; set; }

    internal RemoteCertificateValidationCallback? Validation => CertificateValidation;

    internal LocalCertificateSelectionCallback? Selection => CertificateSelection;

    /// <summary>Accepts certificates that this one has issued.</summary>
    public void TrustIssuer(string issuerCertificatePath) => TrustIssuer(X509CertificateLoader.LoadCertificateFromFile(issuerCertificatePath));

    /// <inheritdoc cref="TrustIssuer(string)"/>
    public void TrustIssuer(X509Certificate2 issuer)
    {
        ArgumentNullException.ThrowIfNull(issuer);
        CertificateValidation += (_, certificate, _, errors) => errors == SslPolicyErrors.None
            || (errors == SslPolicyErrors.RemoteCertificateChainErrors && certificate is not null && IsIssuedBy(issuer, certificate));
    }

    public void SetDefaultPorts() => EndPoints.SetDefaultPorts(Ssl ? 6380 : 6379);

    public ConfigurationOptions Apply(Action<ConfigurationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(this);
        return this;
    }

    public ConfigurationOptions Clone()
    {
        var clone = new ConfigurationOptions { EndPoints = [.. EndPoints] };
        CopyTo(clone);
        return clone;
    }

    object ICloneable.Clone() => Clone();

    private static bool IsIssuedBy(X509Certificate2 issuer, X509Certificate certificate)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(issuer);
        using var subject = new X509Certificate2(certificate);
        return chain.Build(subject);
    }

    private void CopyTo(ConfigurationOptions clone)
    {
        clone._defaults = _defaults;
        clone._abortOnConnectFail = _abortOnConnectFail;
        clone._allowAdmin = _allowAdmin;
        clone._checkCertificateRevocation = _checkCertificateRevocation;
        clone._ssl = _ssl;
        clone._asyncTimeout = _asyncTimeout;
        clone._connectRetry = _connectRetry;
        clone._connectTimeout = _connectTimeout;
        clone._keepAlive = _keepAlive;
        clone._syncTimeout = _syncTimeout;
        clone._password = _password;
        clone._sslHost = _sslHost;
        clone._user = _user;
        clone._backlogPolicy = _backlogPolicy;
        clone._reconnectRetryPolicy = _reconnectRetryPolicy;
        clone._heartbeatInterval = _heartbeatInterval;
        clone._defaultVersion = _defaultVersion;
        clone.ClientName = ClientName;
        clone.DefaultDatabase = DefaultDatabase;
        clone.Protocol = Protocol;
        clone.SslProtocols = SslProtocols;
        clone.SslClientAuthenticationOptions = SslClientAuthenticationOptions;
        clone.BeforeSocketConnect = BeforeSocketConnect;
        clone.LoggerFactory = LoggerFactory;
        clone.CertificateSelection = CertificateSelection;
        clone.CertificateValidation = CertificateValidation;
    }
}
