using Microsoft.Net.Http.Headers;

namespace Loomflow.Aspire.Orchestrator.Api;

internal static class CharsetExtensions
{
    /// <summary>Refuses a body in a charset that nobody knows; whoever reads it would take that for a fault of this service.</summary>
    public static WebApplication UseKnownCharsets(this WebApplication app)
    {
        app.Use((context, next) =>
            context.Request.HasJsonContentType() && MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) && type is { Charset.HasValue: true, Encoding: null }
                ? throw new BadHttpRequestException($"The charset '{type.Charset}' is not known: send the body as UTF-8.")
                : next(context));
        return app;
    }
}
