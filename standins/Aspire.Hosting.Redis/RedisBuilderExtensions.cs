using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Redis;
using Aspire.Hosting.Run;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting;

public static class RedisBuilderExtensions
{
    private const string DataDirectory = "/data";

    /// <summary>A Redis with a generated password, which runs as the <c>redis-server</c> of this machine.</summary>
    public static IResourceBuilder<RedisResource> AddRedis(
        this IDistributedApplicationBuilder builder, string name, int? port = null, IResourceBuilder<ParameterResource>? password = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(name);

        // Commas separate the parts of a connection string, so the password has no special characters.
        var passwordParameter = password?.Resource
            ?? ParameterResourceBuilderExtensions.CreateDefaultPasswordParameter(builder, $"{name}-password", special: false);
        var redis = new RedisResource(name, passwordParameter) { Entrypoint = "/bin/sh" };
        var healthCheck = $"{name}_check";
        builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(healthCheck, _ => new RedisHealthCheck(redis), failureStatus: null, tags: null));

        return builder.AddResource(redis)
            .WithEndpoint(port: port, targetPort: 6379, name: RedisResource.PrimaryEndpointName, scheme: "redis")
            .WithAnnotation(new ContainerImageAnnotation { Registry = "docker.io", Image = "library/redis", Tag = "8.6" })
            .WithAnnotation(new LocalProgramAnnotation(context => RedisServer.Create(context, DataDirectory)))
            .WithHealthCheck(healthCheck)
            .WithIconName("Database")
            .WithEnvironment(context =>
            {
                if (redis.PasswordParameter is { } parameter) context.EnvironmentVariables["REDIS_PASSWORD"] = parameter;
            })
            .WithRedisArguments(redis);
    }

    /// <summary>Keeps the data in a volume, and takes snapshots of it.</summary>
    public static IResourceBuilder<RedisResource> WithDataVolume(this IResourceBuilder<RedisResource> builder, string? name = null, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataDirectory, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <summary>Keeps the data in a folder of this machine, and takes snapshots of it.</summary>
    public static IResourceBuilder<RedisResource> WithDataBindMount(this IResourceBuilder<RedisResource> builder, string source, bool isReadOnly = false)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.WithBindMount(source, DataDirectory, isReadOnly);
        return isReadOnly ? builder : builder.WithPersistence();
    }

    /// <summary>Takes a snapshot whenever that many keys changed within the interval, which is a minute by default.</summary>
    public static IResourceBuilder<RedisResource> WithPersistence(
        this IResourceBuilder<RedisResource> builder, TimeSpan? interval = null, long keysChangedThreshold = 1)
    {
        ArgumentNullException.ThrowIfNull(builder);

        return builder.WithAnnotation(new PersistenceAnnotation(interval, keysChangedThreshold), ResourceAnnotationMutationBehavior.Replace);
    }

    public static IResourceBuilder<RedisResource> WithPassword(this IResourceBuilder<RedisResource> builder, IResourceBuilder<ParameterResource>? password)
    {
        ArgumentNullException.ThrowIfNull(builder);

        builder.Resource.PasswordParameter = password?.Resource;
        return builder;
    }

    // As the genuine package: a list of arguments in run mode, one string for the shell when published.
    private static IResourceBuilder<RedisResource> WithRedisArguments(this IResourceBuilder<RedisResource> builder, RedisResource redis) =>
        builder.WithArgs(context =>
        {
            List<string> arguments = ["redis-server"];
            if (redis.PasswordParameter is not null) arguments.AddRange(["--requirepass", "$REDIS_PASSWORD"]);
            if (redis.TryGetLastAnnotation<PersistenceAnnotation>(out var persistence))
            {
                var seconds = (persistence.Interval ?? TimeSpan.FromMinutes(1)).TotalSeconds.ToString(CultureInfo.InvariantCulture);
                arguments.AddRange(["--save", seconds, persistence.KeysChangedThreshold.ToString(CultureInfo.InvariantCulture)]);
            }

            if (context.ExecutionContext.IsRunMode)
            {
                foreach (var argument in arguments) context.Args.Add(argument);
            }
            else
            {
                context.Args.Add("-c");
                context.Args.Add(string.Join(' ', arguments));
            }
        });

    private sealed class PersistenceAnnotation(TimeSpan? interval, long keysChangedThreshold) : IResourceAnnotation
    {
        public TimeSpan? Interval { get; } = interval;

        public long KeysChangedThreshold { get; } = keysChangedThreshold;
    }
}
