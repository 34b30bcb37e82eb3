using System.Security.Claims;
using System.Text.Encodings.Web;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>Reads the token of a calling service from the Authorization header.</summary>
internal sealed class ServiceAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemeOptions,
    IOptions<ServiceAuthenticationOptions> options,
    ServiceTokens tokens,
    ILoggerFactory logger,
    UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(schemeOptions, logger, encoder)
{
    public const string SchemeName = "Service";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Only reached without a key in Development; elsewhere the service has not started.
        if (string.IsNullOrEmpty(options.Value.Key)) return Task.FromResult(Succeed("(trusted in development)", Scopes.All));

        if (BearerToken.Of(Request) is not { } text) return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(tokens.TryValidate(text, out var token, out var problem)
            ? Succeed(token.Caller, token.Scopes, DateTimeOffset.FromUnixTimeSeconds(token.Expires) + options.Value.ClockSkew)
            : AuthenticateResult.Fail(problem));
    }

    private static AuthenticateResult Succeed(string caller, IEnumerable<string> scopes, DateTimeOffset? expires = null)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller), .. scopes.Select(scope => new Claim(CallerClaims.Scope, scope))], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), new AuthenticationProperties { ExpiresUtc = expires }, SchemeName));
    }
}
