using System.Net;

namespace StackExchange.Redis.Configuration;

/// <summary>What options are when nobody sets them.</summary>
public class DefaultOptionsProvider
{
    public virtual bool AbortOnConnectFail => true;

    public virtual bool AllowAdmin => false;

    public virtual BacklogPolicy BacklogPolicy => BacklogPolicy.Default;

    public virtual bool CheckCertificateRevocation => true;

    public virtual int ConnectRetry => 3;

    public virtual TimeSpan? ConnectTimeout => null;

    public virtual Version DefaultVersion => new(6, 0, 0);

    public virtual TimeSpan HeartbeatInterval => TimeSpan.FromSeconds(1);

    public virtual TimeSpan KeepAliveInterval => TimeSpan.FromSeconds(60);

    public virtual string? Password => null;

    public virtual IReconnectRetryPolicy? ReconnectRetryPolicy => null;

    public virtual TimeSpan SyncTimeout => TimeSpan.FromSeconds(5);

    public virtual string? User => null;

    public virtual bool IsMatch(EndPoint endpoint) => false;

    public virtual bool GetDefaultSsl(EndPointCollection endPoints) => false;

    public virtual string? GetSslHostFromEndpoints(EndPointCollection endPoints) => null;
}
