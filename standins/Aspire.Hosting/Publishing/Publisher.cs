using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Aspire.Hosting.Publishing;

/// <summary>Publishes for every environment of the application, each into the output path.</summary>
internal static class Publisher
{
    public static async Task<int> RunAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var model = services.GetRequiredService<DistributedApplicationModel>();
        var targets = model.Resources.OfType<IPublishingTarget>().ToArray();
        if (targets is [])
        {
            await Console.Error.WriteLineAsync("There is nothing to publish for: add an environment, such as AddDockerComposeEnvironment or AddKubernetesEnvironment.");
            return 1;
        }

        var output = Path.GetFullPath(services.GetRequiredService<IConfiguration>()["output-path"] ?? "aspire-output");
        Directory.CreateDirectory(output);
        foreach (var target in targets) await target.PublishAsync(model, services.GetRequiredService<DistributedApplicationExecutionContext>(), output, cancellationToken);
        Console.WriteLine($"Published to {output}");
        return 0;
    }
}
