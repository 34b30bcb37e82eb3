using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StackExchange.Redis.Configuration;

namespace Microsoft.Extensions.Hosting;

/// <summary>Makes the options from the connection string; what configures them comes after.</summary>
internal sealed class RedisOptionsFactory(
    IServiceProvider services,
    IEnumerable<IConfigureOptions<ConfigurationOptions>> setups,
    IEnumerable<IPostConfigureOptions<ConfigurationOptions>> postConfigures,
    IEnumerable<IValidateOptions<ConfigurationOptions>> validations)
    : OptionsFactory<ConfigurationOptions>(setups, postConfigures, validations)
{
    protected override ConfigurationOptions CreateInstance(string name)
    {
        var source = services.GetKeyedService<RedisConnectionSource>(name);
        var options = source?.ConnectionString is { Length: > 0 } text ? ConfigurationOptions.Parse(text) : base.CreateInstance(name);
        if (options.Defaults.GetType() == typeof(DefaultOptionsProvider)) options.Defaults = new RedisDefaults();
        return options;
    }
}
