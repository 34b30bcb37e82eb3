using System.Text;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceTls;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;

/// <summary>Services prove to each other who they are and what they may do, with short-lived tokens signed by a shared secret.</summary>
public static class ServiceAuthenticationExtensions
{
    /// <summary>The default scheme: it hands a credential to the scheme that it is for. That is the services' own unless the service lets users in.</summary>
    internal const string AnyCaller = "Caller";

    /// <summary>Adds the scheme for calling services and a policy for each of <see cref="Scopes"/>.</summary>
    internal static void AddServiceAuthentication(this IHostApplicationBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<ServiceTokens>();
        builder.Services.AddOptions<ServiceAuthenticationOptions>()
            .BindConfiguration(ServiceAuthenticationOptions.Section)
            .PostConfigure(options => options.Name = options.Name is { Length: > 0 } name ? name : builder.Configuration["OTEL_SERVICE_NAME"] ?? builder.Environment.ApplicationName)
            .Validate(
                options => options.Key is { Length: > 0 } || builder.Environment.IsDevelopment(),
                "ServiceAuth:Key is missing: set it to a random secret of at least 32 bytes, the same for all services. Only Development runs without one.")
            .Validate(
                options => LongEnough(options.Key) && LongEnough(options.PreviousKey),
                $"ServiceAuth:Key and ServiceAuth:PreviousKey must have at least {ServiceAuthenticationOptions.MinKeyBytes} bytes.")
            .Validate(
                options => builder.Environment.IsDevelopment() || (!IsGuessable(options.Key) && !IsGuessable(options.PreviousKey)),
                "ServiceAuth:Key or ServiceAuth:PreviousKey is well known or can be guessed, so anybody can call the services: set it to at least 32 random bytes, for instance from `openssl rand -base64 32`.")
            .Validate(options => options.Lifetime > TimeSpan.Zero && options.Lifetime <= TimeSpan.FromHours(1), "ServiceAuth:Lifetime is from above zero to one hour.")
            .Validate(options => options.ClockSkew >= TimeSpan.Zero && options.ClockSkew <= TimeSpan.FromMinutes(5), "ServiceAuth:ClockSkew is from zero to five minutes.")
            .ValidateOnStart();

        builder.Services
            .AddAuthentication(AnyCaller)
            .AddPolicyScheme(AnyCaller, null, scheme => scheme.ForwardDefault = ServiceAuthenticationHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, ServiceAuthenticationHandler>(ServiceAuthenticationHandler.SchemeName, null);
        builder.Services.AddSingleton<Denials>();
        builder.Services.AddHostedService<DenialForwarder>();
        builder.Services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuditedDenials>();
        var authorization = builder.Services.AddAuthorizationBuilder();
        foreach (var scope in Scopes.All)
        {
            authorization.AddPolicy(scope, policy =>
            {
                // Users may have some of the scopes, and only where the service lets users in.
                if (!UserScopes.Ordinary.Contains(scope)) policy.AddAuthenticationSchemes(ServiceAuthenticationHandler.SchemeName);
                policy.RequireAuthenticatedUser().RequireAssertion(context => context.User.HasScope(scope));
            });
        }

        // Strangers do not even learn which routes there are.
        authorization.SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
    }

    /// <summary>Puts this service's token on every call of a client, and its certificate, where it has one, on every connection.</summary>
    /// <param name="client">The client.</param>
    /// <param name="audience">The resource name of the service that is called.</param>
    /// <param name="scopes">What is asked of it.</param>
    public static IHttpClientBuilder AddServiceCredentials(this IHttpClientBuilder client, string audience, params string[] scopes)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client
            .ConfigurePrimaryHttpMessageHandler((handler, services) =>
            {
                if (handler is SocketsHttpHandler sockets) services.SecureServiceCalls(sockets);
            })
            .AddHttpMessageHandler(services => services.CreateServiceCredentials(audience, scopes));
    }

    /// <summary>A handler that puts this service's token on every call, for channels that are made by hand.</summary>
    public static DelegatingHandler CreateServiceCredentials(this IServiceProvider services, string audience, params string[] scopes)
    {
        ArgumentNullException.ThrowIfNull(services);
        return new ServiceCredentialsHandler(
            services.GetRequiredService<ServiceTokens>(),
            services.GetRequiredService<IOptions<ServiceAuthenticationOptions>>(),
            audience,
            scopes);
    }

    /// <summary>Refuses to start a service that has a route or a gRPC method which names no scope and is not open on purpose: what nobody thought of is nobody's to call.</summary>
    public static WebApplication RequireScopeOnEveryEndpoint(this WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        var open = ((IEndpointRouteBuilder)app).DataSources
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is null && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null)

            // These do nothing but say that there is no such method.
            .Where(endpoint => endpoint.RoutePattern.GetParameter("unimplementedMethod") is null)
            .Select(endpoint => endpoint.DisplayName ?? endpoint.RoutePattern.RawText)
            .ToArray();
        return open.Length == 0 ? app : throw new InvalidOperationException($"These name no scope, so nobody may call them: {string.Join(", ", open)}. Put RequireAuthorization(Scopes.…) on the route, or [Authorize(Scopes.…)] on the method.");
    }

    private static bool IsGuessable(string? key) => !string.IsNullOrEmpty(key) && GuessableSecrets.Includes(key);

    private static bool LongEnough(string? key) => string.IsNullOrEmpty(key) || Encoding.UTF8.GetByteCount(key) >= ServiceAuthenticationOptions.MinKeyBytes;
}
