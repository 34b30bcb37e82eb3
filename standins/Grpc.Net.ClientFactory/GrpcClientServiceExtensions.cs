using System.Diagnostics.CodeAnalysis;
using Grpc.Net.ClientFactory;
using Grpc.Net.ClientFactory.Internal;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds typed gRPC clients whose handlers come from IHttpClientFactory.</summary>
public static class GrpcClientServiceExtensions
{
    private const DynamicallyAccessedMemberTypes ClientMembers = DynamicallyAccessedMemberTypes.PublicConstructors;

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(this IServiceCollection services)
        where TClient : class => services.AddGrpcClient<TClient>(static _ => { });

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(
        this IServiceCollection services, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(
        this IServiceCollection services, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class => services.AddGrpcClient<TClient>(typeof(TClient).Name, configureClient);

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(this IServiceCollection services, string name)
        where TClient : class => services.AddGrpcClient<TClient>(name, static _ => { });

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(
        this IServiceCollection services, string name, Action<GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configureClient);
        services.Configure(name, configureClient);
        return services.AddNamedClient<TClient>(name);
    }

    public static IHttpClientBuilder AddGrpcClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(
        this IServiceCollection services, string name, Action<IServiceProvider, GrpcClientFactoryOptions> configureClient)
        where TClient : class
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(configureClient);
        services.AddTransient<IConfigureOptions<GrpcClientFactoryOptions>>(provider =>
            new ConfigureNamedOptions<GrpcClientFactoryOptions>(name, options => configureClient(provider, options)));
        return services.AddNamedClient<TClient>(name);
    }

    internal static NamedClients? FindNamedClients(this IServiceCollection services) =>
        (NamedClients?)services.FirstOrDefault(service => service.ServiceType == typeof(NamedClients))?.ImplementationInstance;

    private static IHttpClientBuilder AddNamedClient<[DynamicallyAccessedMembers(ClientMembers)] TClient>(this IServiceCollection services, string name)
        where TClient : class
    {
        services.TryAddSingleton(new NamedClients());
        services.FindNamedClients()!.Add(name, typeof(TClient));
        services.TryAddSingleton<NamedCallInvokers>();

        // Transient, so that what it injects into interceptors comes from the scope that asked.
        services.TryAddTransient<GrpcClientFactory, DefaultGrpcClientFactory>();
        services.AddTransient(provider => provider.GetRequiredService<GrpcClientFactory>().CreateClient<TClient>(name));

        // First, so that ConfigurePrimaryHttpMessageHandler still has the last word. A channel keeps its handler, so the
        // handler renews its connections, to see changes in DNS.
        services.Insert(0, ServiceDescriptor.Singleton<IConfigureOptions<HttpClientFactoryOptions>>(
            new ConfigureNamedOptions<HttpClientFactoryOptions>(name, options => options.HttpMessageHandlerBuilderActions.Add(builder =>
                builder.PrimaryHandler = new SocketsHttpHandler
                {
                    EnableMultipleHttp2Connections = true,
                    PooledConnectionLifetime = options.HandlerLifetime,
                }))));
        return services.AddHttpClient(name);
    }
}
