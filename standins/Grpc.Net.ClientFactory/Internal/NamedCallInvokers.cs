using System.Collections.Concurrent;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.Net.ClientFactory.Internal;

/// <summary>One channel for each named client, for as long as the application lives.</summary>
internal sealed class NamedCallInvokers(
    IServiceScopeFactory scopes,
    ILoggerFactory loggerFactory,
    IOptionsMonitor<GrpcClientFactoryOptions> clientOptions,
    IOptionsMonitor<HttpClientFactoryOptions> httpClientOptions,
    IHttpMessageHandlerFactory handlers) : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Entry>> _entries = new(StringComparer.Ordinal);

    public CallInvoker Get(string name) =>
        _entries.GetOrAdd(name, static (name, self) => new Lazy<Entry>(() => self.Create(name)), this).Value.Invoker;

    public static CallInvoker Intercept(CallInvoker invoker, GrpcClientFactoryOptions options, InterceptorScope scope, IServiceProvider services) =>
        options.InterceptorRegistrations.Any(registration => registration.Scope == scope)
            ? invoker.Intercept([.. options.InterceptorRegistrations.Where(registration => registration.Scope == scope).Select(registration => registration.Creator(services))])
            : invoker;

    public void Dispose()
    {
        foreach (var entry in _entries.Values.Where(entry => entry.IsValueCreated))
        {
            entry.Value.Channel.Dispose();
            entry.Value.Scope.Dispose();
        }
    }

    private Entry Create(string name)
    {
        var options = clientOptions.Get(name);
        var scope = scopes.CreateScope();
        try
        {
            var channelOptions = new GrpcChannelOptions
            {
                HttpHandler = handlers.CreateHandler(name),
                LoggerFactory = loggerFactory,
                ServiceProvider = scope.ServiceProvider,
            };
            foreach (var configure in options.ChannelOptionsActions)
                configure(channelOptions);

            var address = options.Address ?? ConfiguredHttpClient(name).BaseAddress ?? throw new InvalidOperationException(
                $"Could not resolve the address for gRPC client '{name}'. Set an address when registering the client: services.AddGrpcClient<TClient>(o => o.Address = new Uri(\"https://localhost:5001\"))");
            if (options.HasCallCredentials && address.Scheme != Uri.UriSchemeHttps && !channelOptions.UnsafeUseInsecureChannelCallCredentials)
            {
                throw new InvalidOperationException(
                    $"Call credential configured for gRPC client '{name}' requires TLS, and the client isn't configured to use TLS. " +
                    "Use an https address, or send credentials without TLS: .ConfigureChannel(o => o.UnsafeUseInsecureChannelCallCredentials = true)");
            }

            var channel = GrpcChannel.ForAddress(address, channelOptions);
            var invoker = Intercept(channel.CreateCallInvoker(), options, InterceptorScope.Channel, scope.ServiceProvider);
            if (ConfiguredHttpClient(name).DefaultRequestHeaders is var headers && headers.Any())
                invoker = invoker.Intercept(metadata => DefaultHeaders.Add(metadata, headers));
            return new Entry(channel, scope, invoker);
        }
        catch
        {
            scope.Dispose();
            throw;
        }
    }

    /// <summary>Carries what ConfigureHttpClient has set; it never sends anything.</summary>
    private HttpClient ConfiguredHttpClient(string name)
    {
        var client = new HttpClient();
        foreach (var configure in httpClientOptions.Get(name).HttpClientActions)
            configure(client);
        return client;
    }

    private sealed record Entry(GrpcChannel Channel, IServiceScope Scope, CallInvoker Invoker);
}
