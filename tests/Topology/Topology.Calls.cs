using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Loomflow.Aspire.ServiceDefaults.ApiKeys;
using Loomflow.Aspire.ServiceDefaults.Callers;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Loomflow.Aspire.EndToEnd;

/// <summary>What users, services and auditors ask of the system.</summary>
public sealed partial class Topology
{
    /// <summary>A user's API key, made as the command <c>keys create</c> makes them.</summary>
    public async Task<string> KeyOfAsync(string user)
    {
        if (_keys.TryGetValue(user, out var known)) return known;
        try
        {
            var keys = new ApiKeyStore(await _store, TimeProvider.System);
            var issued = keys.Issue(user, tenant: null, UserScopes.Ordinary, TimeSpan.FromHours(1));
            await keys.SaveAsync(issued.Key);
            return _keys[user] = issued.Text;
        }
        catch (Exception away) when (away is RedisException or RedisTimeoutException)
        {
            throw new HttpRequestException("No key can be made while Redis is away.", away);
        }
    }

    /// <summary>A token with which a service is called by another one, with every scope there is.</summary>
    public string TokenFor(string service) =>
        new ServiceTokens(Options.Create(new ServiceAuthenticationOptions { Name = "tests", Key = _serviceKey, Lifetime = TimeSpan.FromHours(1) }), TimeProvider.System).Issue(service, Scopes.All);

    /// <summary>What an auditor shows to the audit service.</summary>
    public string AuditorKey => _auditorKey;

    /// <summary>Starts a run, trying the orchestrators in turn: the key makes trying again harmless.</summary>
    public async Task<string> StartRunAsync(string workflow, object input, string user, CancellationToken cancellationToken, string? session = null, string? memory = null)
    {
        var key = Guid.NewGuid().ToString("n");
        return await OnAnyOrchestratorAsync((orchestrator, limit) => StartRunAtAsync(orchestrator, workflow, new { input, sessionId = session, memory }, user, key, limit), cancellationToken);
    }

    /// <summary>Has one orchestrator start a run.</summary>
    public async Task<string> StartRunAtAsync(ServiceProcess orchestrator, string workflow, object body, string user, string key, CancellationToken cancellationToken)
    {
        using var request = await StartOfAsync(orchestrator, workflow, body, user);
        request.Headers.Add("Idempotency-Key", key);
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        var runId = (await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
        _owners[runId] = user;
        return runId;
    }

    /// <summary>Has one orchestrator run a workflow, and gives the answer when the run has ended.</summary>
    public async Task<JsonElement> RunToEndAsync(ServiceProcess orchestrator, string workflow, object input, string user, CancellationToken cancellationToken)
    {
        using var request = await StartOfAsync(orchestrator, workflow, new { input }, user);
        request.Headers.Add("Prefer", "wait=100");
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>Reads a run's events until the terminal one, from whichever orchestrator answers.</summary>
    public Task<IReadOnlyList<RunEvent>> EventsAsync(string runId, CancellationToken cancellationToken) => OnAnyOrchestratorAsync<IReadOnlyList<RunEvent>>(
        async (orchestrator, limit) =>
        {
            using var response = await GetAsOwnerAsync(runId, $"{orchestrator.Http}/runs/{runId}/events", limit);
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(limit));
            var events = new List<RunEvent>();
            var isEvent = false;
            while (await lines.ReadLineAsync(limit) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal)) isEvent = line == "event: event";
                if (isEvent && line.StartsWith("data: ", StringComparison.Ordinal)) events.Add(RunEventJson.Read(System.Text.Encoding.UTF8.GetBytes(line["data: ".Length..])));
            }

            return events.Count > 0 && events[^1].IsTerminal ? events : throw new HttpRequestException("The stream broke off before the terminal event.");
        },
        cancellationToken);

    public Task<JsonElement> GetRunAsync(string runId, CancellationToken cancellationToken) =>
        OnAnyOrchestratorAsync(
            async (orchestrator, limit) =>
            {
                using var response = await GetAsOwnerAsync(runId, $"{orchestrator.Http}/runs/{runId}", limit);
                return await response.Content.ReadFromJsonAsync<JsonElement>(limit);
            },
            cancellationToken);

    /// <summary>Asks a run to stop.</summary>
    public Task<bool> CancelAsync(string runId, CancellationToken cancellationToken) => OnAnyOrchestratorAsync(
        async (orchestrator, limit) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{orchestrator.Http}/runs/{runId}/cancel");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await KeyOfAsync(_owners[runId]));
            using var response = await _http.SendAsync(request, limit);
            response.EnsureSuccessStatusCode();
            return true;
        },
        cancellationToken);

    /// <summary>Reads from the audit service as an auditor does; it may just be starting again.</summary>
    public async Task<JsonElement> AuditAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendToAuditAsync(HttpMethod.Get, path, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
    }

    /// <summary>
    /// The audit log's entries of a run that has completed, and of its child runs, once all of them are there: the last ones are forwarded after the end of
    /// the run has been shown.
    /// </summary>
    public async Task<IReadOnlyList<JsonElement>> TrailAsync(string rootRunId, CancellationToken cancellationToken)
    {
        JsonElement[] entries = [];
        await UntilAsync(
            async () =>
            {
                entries = [.. (await AuditAsync($"/v1/entries?rootRun={rootRunId}&pageSize=500", cancellationToken)).GetProperty("entries").EnumerateArray()];
                return RunsWith("workflow_completed").Contains(rootRunId) && RunsWith("workflow_started").SetEquals(RunsWith("workflow_completed"));
            },
            () => $"the audit log has all of run {rootRunId}; it has {string.Join(", ", entries.Select(entry => entry.GetProperty("action").GetString()))}",
            cancellationToken);
        return entries;

        HashSet<string?> RunsWith(string action) =>
            [.. entries.Where(entry => entry.GetProperty("action").GetString() == action).Select(entry => entry.GetProperty("runId").GetString())];
    }

    /// <summary>Has the audit service verify its whole log.</summary>
    public async Task<bool> VerifyAsync(CancellationToken cancellationToken)
    {
        using var response = await SendToAuditAsync(HttpMethod.Post, "/verify", cancellationToken);
        return response.IsSuccessStatusCode;
    }

    private async Task<HttpResponseMessage> GetAsOwnerAsync(string runId, string address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await KeyOfAsync(_owners[runId]));
        var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return response.EnsureSuccessStatusCode();
    }

    private async Task<HttpResponseMessage> SendToAuditAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, $"{Audit.Http}{path}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _auditorKey);
        return await _http.SendAsync(request, cancellationToken);
    }

    private async Task<HttpRequestMessage> StartOfAsync(ServiceProcess orchestrator, string workflow, object body, string user) =>
        new(HttpMethod.Post, $"{orchestrator.Http}/workflows/{workflow}/runs")
        {
            Content = JsonContent.Create(body),
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", await KeyOfAsync(user)) },
        };

    private async Task<T> OnAnyOrchestratorAsync<T>(Func<ServiceProcess, CancellationToken, Task<T>> call, CancellationToken cancellationToken, [CallerMemberName] string asking = "")
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_patience);
        Exception? last = null;
        for (var turn = Random.Shared.Next(Orchestrators.Count); ; turn++)
        {
            var orchestrator = Orchestrators[turn % Orchestrators.Count];
            try
            {
                if (orchestrator.IsRunning) return await call(orchestrator, limit.Token);
            }
            catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // Killed, or Redis is away: the next one, or this one again.
                last = failure is OperationCanceledException ? last ?? failure : failure;
            }

            if (limit.IsCancellationRequested) throw new TimeoutException($"{asking} came to nothing in {s_patience}: {last?.Message ?? "no orchestrator runs"}\n{Tails}", last);
            await Task.Delay(50, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
