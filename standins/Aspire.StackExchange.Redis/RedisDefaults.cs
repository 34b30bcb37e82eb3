using StackExchange.Redis.Configuration;

namespace Microsoft.Extensions.Hosting;

/// <summary>A service starts without its Redis, and keeps trying.</summary>
internal sealed class RedisDefaults : DefaultOptionsProvider
{
    public override bool AbortOnConnectFail => false;
}
