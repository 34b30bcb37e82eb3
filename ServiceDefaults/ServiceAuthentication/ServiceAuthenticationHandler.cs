using System.Security.Claims;
using System.Text.Encodings.Web;
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
    public const string ScopeClaim = "scope";

    private const string Bearer = "Bearer ";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Only reached without a key in Development; elsewhere the service has not started.
        if (string.IsNullOrEmpty(options.Value.Key)) return Task.FromResult(Succeed("(trusted in development)", Scopes.All));

        var header = Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return Task.FromResult(AuthenticateResult.NoResult());
        return Task.FromResult(tokens.TryValidate(header[Bearer.Length..].Trim(), out var token, out var problem)
            ? Succeed(token.Caller, token.Scopes)
            : AuthenticateResult.Fail(problem));
    }

    private AuthenticateResult Succeed(string caller, IEnumerable<string> scopes)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, caller), .. scopes.Select(scope => new Claim(ScopeClaim, scope))], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
