using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.Limits;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ApiKeys;

/// <summary>Users' credentials.</summary>
public static class ApiKeyExtensions
{
    /// <summary>
    /// Lets users in beside services: with API keys from the Redis client that the service has, or with what
    /// <see cref="ApiKeyOptions.OtherScheme"/> takes.
    /// </summary>
    public static IHostApplicationBuilder AddUserApi(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddOptions<ApiKeyOptions>()
            .BindConfiguration(ApiKeyOptions.Section)
            .ValidateDataAnnotations()
            .Validate(
                options => options.DevelopmentSecret is null || builder.Environment.IsDevelopment(),
                $"{ApiKeyOptions.Section}:{nameof(ApiKeyOptions.DevelopmentSecret)} is set: that key is for Development alone. Make keys with the command 'keys create'.")
            .Validate(
                options => options.DevelopmentSecret is null or { Length: >= ApiKeyText.MinSecretLength },
                $"{ApiKeyOptions.Section}:{nameof(ApiKeyOptions.DevelopmentSecret)} is shorter than {ApiKeyText.MinSecretLength} characters.")
            .ValidateOnStart();
        builder.Services.AddSingleton<ApiKeyStore>();
        builder.Services.AddSingleton<ApiKeyCache>();
        builder.Services.AddSingleton<AccessAudit>();
        builder.Services.AddSingleton<Delegation>();
        builder.Services.AddExceptionHandler<CallerRefusedHandler>();
        builder.Services.AddUserLimits();
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ApiKeyAuthenticationHandler>(ApiKeyAuthenticationHandler.SchemeName, null);
        builder.Services.AddOptions<PolicySchemeOptions>(ServiceAuthenticationExtensions.AnyCaller)
            .Configure<IOptions<ApiKeyOptions>>((scheme, options) => scheme.ForwardDefaultSelector = context => SchemeOf(context.Request, options.Value));
        return builder;
    }

    /// <summary>The scheme that a request's credential is for, told by its form.</summary>
    private static string SchemeOf(HttpRequest request, ApiKeyOptions options) => BearerToken.Of(request) switch
    {
        { } token when token.StartsWith(ServiceTokens.Prefix, StringComparison.Ordinal) => ServiceAuthenticationHandler.SchemeName,
        { } token when token.StartsWith(ApiKeyText.Prefix, StringComparison.Ordinal) => ApiKeyAuthenticationHandler.SchemeName,

        // A service without a key, which there is in Development alone, sends no token; nobody but services calls over gRPC without one.
        null when request.IsGrpc() => ServiceAuthenticationHandler.SchemeName,
        _ => options.OtherScheme ?? ApiKeyAuthenticationHandler.SchemeName,
    };
}
