using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.AuditService.Api;

/// <summary>Takes the auditor's key as a bearer token, or as the password that a browser asks for. The user name is what the person calls themself.</summary>
internal sealed class AuditorAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemeOptions, IOptions<AuditOptions> options, IHostEnvironment environment, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemeOptions, logger, encoder)
{
    private const string DefaultName = "auditor";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append("WWW-Authenticate", "Basic realm=\"audit log\", charset=\"UTF-8\"");
        return Task.CompletedTask;
    }

    private AuthenticateResult Authenticate()
    {
        if (options.Value.AuditorKey is not { Length: > 0 } key) return environment.IsDevelopment() ? Succeed("(trusted in development)") : AuthenticateResult.NoResult();
        if (!AuthenticationHeaderValue.TryParse(Request.Headers.Authorization.ToString(), out var header) || header.Parameter is not { } parameter) return AuthenticateResult.NoResult();
        var (name, secret) = header.Scheme switch
        {
            "Bearer" => (DefaultName, parameter),
            "Basic" => ReadBasic(parameter),
            _ => (DefaultName, ""),
        };
        // Hashed first, so that not even the length of the key shows in the time.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(key)))
            ? Succeed(name)
            : AuthenticateResult.Fail("the auditor's key is wrong");
    }

    private static (string Name, string Secret) ReadBasic(string parameter)
    {
        var bytes = new byte[parameter.Length];
        if (!Convert.TryFromBase64String(parameter, bytes, out var length)) return (DefaultName, "");
        var text = Encoding.UTF8.GetString(bytes, 0, length);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? (DefaultName, "") : (colon == 0 ? DefaultName : text[..colon], text[(colon + 1)..]);
    }

    private AuthenticateResult Succeed(string name) => AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, name), new Claim(CallerClaims.Scope, Scopes.AuditRead)], Scheme.Name)), Scheme.Name));
}
