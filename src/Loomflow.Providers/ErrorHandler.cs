using System.Text.Json;

namespace Loomflow.Providers;

/// <summary>
/// Turns every answer that is not a success into a <see cref="ModelException"/> before an SDK sees it: what was wrong, whether trying
/// again can help, and how long the service asks to wait, which the SDKs' exceptions do not all tell.
/// </summary>
internal sealed class ErrorHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const int MaxBody = 64 * 1024;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            throw new ModelException(ModelErrorKind.Transient, $"{request.RequestUri?.Host} could not be reached: {failure.Message}", failure);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            var status = (int)response.StatusCode;
            var (message, code) = Describe(await ReadAsync(response, cancellationToken).ConfigureAwait(false));
            throw new ModelException(KindOf(status, code), $"{request.RequestUri?.Host} answered {status}{(code is null ? "" : $" ({code})")}: {message}")
            {
                Status = status,
                RetryAfter = RetryAfter(response),
            };
        }
    }

    /// <summary>What an error code of either provider means, where it says more than the status.</summary>
    internal static ModelErrorKind KindOf(int status, string? code) => code switch
    {
        "insufficient_quota" or "model_not_found" or "not_found_error" or "billing_error" => ModelErrorKind.Unavailable,
        "content_filter" or "content_policy_violation" => ModelErrorKind.ContentFiltered,
        "overloaded_error" or "api_error" => ModelErrorKind.Transient,
        "rate_limit_error" or "rate_limit_exceeded" => ModelErrorKind.RateLimited,
        _ => ModelException.KindOf(status),
    };

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.TryGetValues("retry-after-ms", out var precise) && double.TryParse(precise.FirstOrDefault(), System.Globalization.CultureInfo.InvariantCulture, out var milliseconds))
        {
            return TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, 0, TimeSpan.FromDays(1).TotalMilliseconds));
        }

        var wait = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - DateTimeOffset.UtcNow);
        return wait > TimeSpan.Zero ? wait : null;
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxBody, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException)
        {
            return "";
        }
    }

    // {"error":{"message":"…","type":"…","code":"…"}} of OpenAI, {"type":"error","error":{"type":"…","message":"…"}} of Anthropic.
    private static (string Message, string? Code) Describe(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            if (json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object)
            {
                return (Text(error, "message") ?? "no reason was given", Text(error, "code") ?? Text(error, "type"));
            }
        }
        catch (JsonException)
        {
            // A proxy's page, perhaps; the status has to do.
        }

        return ("no reason was given", null);
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
