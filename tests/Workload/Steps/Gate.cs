namespace Loomflow.Aspire.Workload.Steps;

/// <summary>Where a run waits until the test lets it go on, where there is a test that does.</summary>
internal static class Gate
{
    private static readonly HttpClient s_http = new() { Timeout = Timeout.InfiniteTimeSpan };

    public static async Task<string> PassAsync(CancellationToken cancellationToken) =>
        Environment.GetEnvironmentVariable("WORKLOAD_GATE") is { Length: > 0 } gate
            ? await s_http.GetStringAsync($"{gate}/{StepScope.Current!.Context.RunId}", cancellationToken)
            : "There is no gate.";
}
