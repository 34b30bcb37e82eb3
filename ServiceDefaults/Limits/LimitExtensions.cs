using System.Globalization;
using System.Threading.RateLimiting;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.Limits;

/// <summary>Puts <see cref="LimitOptions"/> to work.</summary>
public static class LimitExtensions
{
    /// <summary>The policy of routes that stay open for as long as a run goes on.</summary>
    public const string EventStreams = "event-streams";

    internal static void AddLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<LimitOptions>().BindConfiguration(LimitOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<LimitOptions>>((kestrel, options) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = options.Value.MaxRequestBytes;
            kestrel.Limits.MaxRequestHeadersTotalSize = options.Value.MaxHeaderBytes;
            kestrel.Limits.MaxRequestHeaderCount = options.Value.MaxHeaders;
            kestrel.Limits.MaxRequestLineSize = options.Value.MaxRequestLineBytes;
            kestrel.Limits.Http2.MaxRequestHeaderFieldSize = options.Value.MaxHeaderBytes;
            kestrel.Limits.MaxConcurrentConnections = options.Value.MaxConnections;
        });
        builder.Services.AddSingleton<IStartupFilter, MessageSizes>();
    }

    /// <summary>Limits what one user may ask for in a time and at the same time. Services are not limited.</summary>
    internal static void AddUserLimits(this IServiceCollection services)
    {
        services.AddRateLimiter(limiter => limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests);
        services.AddOptions<RateLimiterOptions>().Configure<IOptions<LimitOptions>>((limiter, options) =>
        {
            var limits = options.Value;
            limiter.GlobalLimiter = PartitionedRateLimiter.CreateChained(
                PartitionedRateLimiter.Create<HttpContext, string>(context => ForUser(context, user => RateLimitPartition.GetTokenBucketLimiter(user, _ => new TokenBucketRateLimiterOptions
                {
                    TokenLimit = limits.RequestBurst,
                    TokensPerPeriod = limits.RequestsPerSecond,
                    ReplenishmentPeriod = TimeSpan.FromSeconds(1),
                }))),
                PartitionedRateLimiter.Create<HttpContext, string>(context => ForUser(context, user => Concurrently(user, limits.ConcurrentRequests))));
            limiter.AddPolicy(EventStreams, context => ForUser(context, user => Concurrently(user, limits.EventStreams)));
            limiter.OnRejected = (rejected, cancellationToken) => RejectAsync(rejected, cancellationToken);
        });
    }

    private static RateLimitPartition<string> ForUser(HttpContext context, Func<string, RateLimitPartition<string>> limit) =>
        context.CallerOrNull() is { IsService: false } caller ? limit(caller.UserId ?? caller.Name) : RateLimitPartition.GetNoLimiter("");

    private static RateLimitPartition<string> Concurrently(string user, int limit) =>
        RateLimitPartition.GetConcurrencyLimiter(user, _ => new ConcurrencyLimiterOptions { PermitLimit = limit });

    private static async ValueTask RejectAsync(OnRejectedContext rejected, CancellationToken cancellationToken)
    {
        var context = rejected.HttpContext;
        var wait = rejected.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter) ? Math.Max(1, Math.Ceiling(retryAfter.TotalSeconds)) : 1;
        context.Response.Headers.RetryAfter = wait.ToString(CultureInfo.InvariantCulture);
        if (context.Request.IsGrpc())
        {
            // An answer of headers alone, as gRPC wants it.
            const int resourceExhausted = 8;
            context.Response.StatusCode = StatusCodes.Status200OK;
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = resourceExhausted.ToString(CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = "Too many requests: try again later.";
            return;
        }

        await TypedResults.Problem("Too many requests of this user: see Retry-After.", statusCode: StatusCodes.Status429TooManyRequests, type: "urn:loomflow:too_many_requests").ExecuteAsync(context);
    }

    internal static bool IsGrpc(this HttpRequest request) => request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>gRPC limits each message by itself: a stream of many has no size.</summary>
    private sealed class MessageSizes : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.Use((context, following) =>
            {
                if (context.Request.IsGrpc() && context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
                return following(context);
            });
            next(app);
        };
    }
}
