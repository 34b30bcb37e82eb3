namespace Loomflow.Aspire.ServiceDefaults;

/// <summary>
/// The command <c>health URL</c> of every service: asks a running one how it is, for container runtimes that check health by running
/// a command. The images have neither a shell nor curl.
/// </summary>
public static class HealthProbe
{
    /// <summary>The command's name.</summary>
    public const string Name = "health";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(4);

    /// <summary>Asks, and says why if the answer is not a good one.</summary>
    /// <returns>The exit code: 0 for healthy, 1 for anything else.</returns>
    public static async Task<int> RunAsync(string url, TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        using var client = new HttpClient { Timeout = s_limit };
        try
        {
            using var response = await client.GetAsync(new Uri(url));
            if (response.IsSuccessStatusCode) return 0;
            await output.WriteLineAsync($"{url} answered {response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or UriFormatException)
        {
            await output.WriteLineAsync($"{url} did not answer: {error.Message}");
        }

        return 1;
    }
}
