using Microsoft.AspNetCore.Http;

namespace Loomflow.Aspire.ServiceDefaults.Callers;

internal static class BearerToken
{
    private const string Bearer = "Bearer ";

    /// <summary>The token in the Authorization header, or <see langword="null"/>.</summary>
    public static string? Of(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..].Trim() : null;
    }
}
