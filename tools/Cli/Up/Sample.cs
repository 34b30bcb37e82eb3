using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Loomflow.Aspire.Cli.Up;

/// <summary>One real request through the sample workflow, and the proof of what the audit log has about it.</summary>
internal sealed class Sample(Uri orchestrator, Uri audit, DevelopmentKey key) : IDisposable
{
    public const string Orchestrator = "orchestrator";
    public const string Audit = "audit";
    public const string Path = "/workflows/support/runs";
    public const string User = "alice";
    public const string Request = "I want a refund for invoice INV-2026-0042, it was charged twice.";

    private const int WaitSeconds = 120;
    private const string LastEntry = "workflow_completed";

    private static readonly TimeSpan s_auditLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(200);

    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(WaitSeconds + 30) };

    /// <summary>Sends the request and returns the ended run.</summary>
    /// <exception cref="CommandFailedException">It was refused, did not end, or did not complete.</exception>
    public async Task<JsonObject> RunAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(orchestrator, Path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
        request.Headers.Add("Prefer", $"wait={WaitSeconds}");
        request.Content = JsonContent.Create(new { input = Request });
        using var response = await _client.SendAsync(request, cancellationToken);
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        if (response.StatusCode is HttpStatusCode.Accepted) throw new CommandFailedException($"{Orchestrator}: the sample run had not ended after {WaitSeconds} s: {text}");
        if (response.StatusCode is not HttpStatusCode.OK) throw new CommandFailedException($"{Orchestrator} answered {(int)response.StatusCode} to the sample request: {text}");

        var run = JsonNode.Parse(text)!.AsObject();
        return string.Equals(run["status"]?.GetValue<string>(), "completed", StringComparison.OrdinalIgnoreCase)
            ? run
            : throw new CommandFailedException($"{Orchestrator}: the sample run ended as '{run["status"]}': {run["failure"]?.ToJsonString() ?? run["reason"]?.ToString()}");
    }

    /// <summary>Waits until the run is in the audit log to its end, and returns how many entries it and its nested runs have there.</summary>
    public async Task<int> TrailAsync(string runId, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_auditLimit);
        try
        {
            using var timer = new PeriodicTimer(s_interval);
            while (true)
            {
                var page = await _client.GetFromJsonAsync<JsonObject>(new Uri(audit, $"/v1/entries?rootRun={Uri.EscapeDataString(runId)}&pageSize=1000"), limit.Token);
                var entries = page!["entries"]!.AsArray();
                if (entries.Any(entry => entry!["runId"]?.GetValue<string>() == runId && entry["action"]?.GetValue<string>() == LastEntry)) return entries.Count;
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }
        catch (HttpRequestException error)
        {
            throw new CommandFailedException($"{Audit}: the entries of run {runId} could not be read: {error.Message}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CommandFailedException($"{Audit}: '{LastEntry}' of run {runId} was not in the log {s_auditLimit.TotalSeconds:0} s after its end.");
        }
    }

    /// <summary>Has the audit service check its whole log, and returns what it found.</summary>
    /// <exception cref="CommandFailedException">The log is damaged.</exception>
    public async Task<string> VerifyAsync(CancellationToken cancellationToken)
    {
        using var response = await _client.GetAsync(new Uri(audit, "/verify"), cancellationToken);
        var text = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        return response.IsSuccessStatusCode ? text : throw new CommandFailedException($"{Audit}: verifying the log answered {(int)response.StatusCode}: {text}");
    }

    public void Dispose() => _client.Dispose();
}
