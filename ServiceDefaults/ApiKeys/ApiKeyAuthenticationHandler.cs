using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>Reads a user's API key from the Authorization header: <c>Bearer loomkey_…</c>.</summary>
internal sealed class ApiKeyAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemeOptions, IOptions<ApiKeyOptions> options, ApiKeyCache keys, TimeProvider time, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemeOptions, logger, encoder)
{
    public const string SchemeName = "ApiKey";

    private const string NotKnown = "the API key is not known";

    // Compared with where there is no key of an id, so that the time tells nothing.
    private static readonly byte[] s_nobody = new byte[SHA256.HashSizeInBytes];

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (BearerToken.Of(Request) is not { } token) return AuthenticateResult.NoResult();
        if (!ApiKeyText.TryParse(token, out var id, out var secret)) return AuthenticateResult.Fail(NotKnown);

        var key = id == ApiKeyOptions.DevelopmentId ? DevelopmentKey() : await keys.FindAsync(id);
        var isRight = CryptographicOperations.FixedTimeEquals(ApiKeyText.Hash(secret), key?.Hash ?? s_nobody);
        if (key is null || !isRight) return AuthenticateResult.Fail(NotKnown);
        return key.ProblemAt(time.GetUtcNow()) is { } problem ? AuthenticateResult.Fail(problem) : Succeed(key);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.Append("WWW-Authenticate", "Bearer");
        return Task.CompletedTask;
    }

    private ApiKey? DevelopmentKey() => options.Value.DevelopmentSecret is not { Length: > 0 } secret ? null : new ApiKey
    {
        Id = ApiKeyOptions.DevelopmentId,
        Hash = ApiKeyText.Hash(secret),
        User = options.Value.DevelopmentUser,
        Scopes = UserScopes.All,
        Created = time.GetUtcNow(),
        Expires = DateTimeOffset.MaxValue,
    };

    private AuthenticateResult Succeed(ApiKey key)
    {
        var identity = new ClaimsIdentity(SchemeName);
        identity.AddClaim(new Claim(ClaimTypes.Name, $"key:{key.Id}"));
        if (key.User is { } user) identity.AddClaim(new Claim(CallerClaims.User, user));
        if (key.Tenant is { } tenant) identity.AddClaim(new Claim(CallerClaims.Tenant, tenant));
        foreach (var scope in key.Scopes) identity.AddClaim(new Claim(CallerClaims.Scope, scope));
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
