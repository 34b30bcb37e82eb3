using Loomflow.Security;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Loomflow.Aspire.ServiceDefaults.Logging;

internal static class SecretExtensions
{
    /// <summary>One scrubber for all that a service writes down, and a console on which no caller can fake a line.</summary>
    public static void AddScrubbing(this IHostApplicationBuilder builder)
    {
        // Made here and now: a pattern that is none must keep the service from starting.
        var settings = builder.Configuration.GetSection(SecretOptions.Section).Get<SecretOptions>() ?? new SecretOptions();
        var options = new SecretScrubberOptions();
        foreach (var pattern in settings.Patterns) options.Patterns.Add(pattern);
        foreach (var name in settings.PropertyNames) options.PropertyNames.Add(name);
        var scrubber = new SecretScrubber(options);
        builder.Services.AddSingleton(scrubber);
        builder.Services.AddSingleton<IExternalScopeProvider>(new ScrubbedScopes(scrubber));
        builder.Services.AddOptions<SecretOptions>().BindConfiguration(SecretOptions.Section);

        builder.Logging.AddConsoleFormatter<ScrubbedConsole, ConsoleFormatterOptions>();
        builder.Services.PostConfigure<ConsoleLoggerOptions>(console => console.FormatterName ??= ScrubbedConsole.FormatterName);
    }
}
