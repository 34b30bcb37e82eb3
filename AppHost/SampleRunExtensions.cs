using System.Net.Http.Json;

namespace Loomflow.Aspire.AppHost;

internal static class SampleRunExtensions
{
    private const string SampleRequest = "I was charged twice for order 1042. Please refund the second payment.";

    /// <summary>A button that sends one request through the sample workflow and shows the answer.</summary>
    public static IResourceBuilder<ProjectResource> WithSampleRunCommand(this IResourceBuilder<ProjectResource> builder) =>
        builder.WithHttpCommand("/workflows/support/runs", "Run the sample", endpointName: "http", commandName: "run-sample", commandOptions: new HttpCommandOptions
        {
            Description = $"Sends \"{SampleRequest}\" through the support workflow.",
            IconName = "Play",
            IsHighlighted = true,
            ResultMode = HttpCommandResultMode.Auto,
            PrepareRequest = context =>
            {
                // Answers with the ended run rather than with its address.
                context.Request.Headers.Add("Prefer", "wait=120");
                context.Request.Content = JsonContent.Create(new { input = SampleRequest });
                return Task.CompletedTask;
            },
        });
}
