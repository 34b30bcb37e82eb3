using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Loomflow.Aspire.AppHost;

internal static class SampleRunExtensions
{
    private const string SampleRequest = "I was charged twice for order 1042. Please refund the second payment.";

    /// <summary>A button that sends one request through the sample workflow and shows the answer.</summary>
    public static IResourceBuilder<ProjectResource> WithSampleRunCommand(this IResourceBuilder<ProjectResource> builder, ParameterResource developmentKey) =>
        builder.WithHttpCommand("/workflows/support/runs", "Run the sample", endpointName: "http", commandName: "run-sample", commandOptions: new HttpCommandOptions
        {
            Description = $"Sends \"{SampleRequest}\" through the support workflow.",
            IconName = "Play",
            IsHighlighted = true,
            ResultMode = HttpCommandResultMode.Auto,
            PrepareRequest = async context =>
            {
                var key = await developmentKey.GetValueAsync(context.CancellationToken);
                context.Request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", $"loomkey_development_{key}");

                // Answers with the ended run rather than with its address.
                context.Request.Headers.Add("Prefer", "wait=120");
                context.Request.Content = JsonContent.Create(new { input = SampleRequest });
            },
        });
}
