using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry;

namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>
/// Names the spans of requests by method and route and those of gRPC calls by their method, as the conventions have it, and keeps health
/// probes out of the traces: they come every second and say nothing. What a request came to is known only at its end, in the pipeline.
/// </summary>
internal sealed class RequestSpans : BaseProcessor<Activity>, IStartupFilter
{
    public override void OnEnd(Activity data)
    {
        if (data.GetTagItem("url.path") is TelemetryExtensions.HealthPath or TelemetryExtensions.AlivePath) data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        else if (data.Kind == ActivityKind.Client && data.GetTagItem("grpc.method") is string method) data.DisplayName = method.TrimStart('/');
    }

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            try
            {
                await rest(context);
            }
            finally
            {
                if (context.Features.Get<IHttpActivityFeature>()?.Activity is { IsAllDataRequested: true } span) Describe(span, context);
            }
        });
        next(app);
    };

    private static void Describe(Activity span, HttpContext context)
    {
        var status = context.Response.StatusCode;
        span.SetTag("http.response.status_code", status);
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText is { } route)
        {
            span.SetTag("http.route", route);
            span.DisplayName = $"{context.Request.Method} {route}";
        }

        if (status < 500) return;
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag(LoomTelemetry.Attributes.ErrorType, status.ToString(CultureInfo.InvariantCulture));
    }
}
