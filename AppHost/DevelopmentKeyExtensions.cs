using Microsoft.Extensions.Hosting;

namespace Loomflow.Aspire.AppHost;

internal static class DevelopmentKeyExtensions
{
    /// <summary>
    /// In Development the user API takes one key that nobody has to make first, and the dashboard has a button that uses it. Elsewhere
    /// keys are made with the orchestrator's command <c>keys create</c>.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithDevelopmentKey(this IResourceBuilder<ProjectResource> builder)
    {
        var application = builder.ApplicationBuilder;
        if (application.ExecutionContext.IsPublishMode || !application.Environment.IsDevelopment()) return builder;

        var key = application.AddGeneratedSecret("development-key");
        return builder.WithEnvironment("ApiKeys__DevelopmentSecret", key).WithSampleRunCommand(key.Resource);
    }
}
