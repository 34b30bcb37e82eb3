using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.V1;

namespace Loomflow.Aspire.Security.Tests.Limits;

/// <summary>One more than the limit is refused, in the way that the limit's description says; as much as the limit is not.</summary>
public sealed class LimitTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Requests_ThatAreTooLarge_AreRefusedForWhatIsTooLarge()
    {
        await using var system = await SecuredSystem.StartAsync(
            Cancelled,
            ("Input:MaxBytes", "5000"), ("Input:MaxDepth", "5"), ("Limits:MaxHeaderBytes", "2000"), ("Limits:MaxHeaders", "20"), ("Limits:MaxRequestLineBytes", "512"));
        var key = await system.KeyAsync("alice");

        (await StartAsync(system, key, $$"""{"input": "{{new string('x', 4_000)}}"}""")).ShouldBe(HttpStatusCode.Accepted);
        (await StartAsync(system, key, $$"""{"input": "{{new string('x', 5_001)}}"}""")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StartAsync(system, key, $$"""{"input": "x", "metadata": {"m": "{{new string('x', 80_000)}}"} }""")).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await StartAsync(system, key, $$"""{"input": {{new string('[', 6)}}{{new string(']', 6)}}}""")).ShouldBe(HttpStatusCode.BadRequest);
        (await StartAsync(system, key, $$"""{"input": {{new string('[', 5_000)}}{{new string(']', 5_000)}}}""")).ShouldBe(HttpStatusCode.BadRequest);
        (await GetAsync(system, "/runs", key, ("X-Long", new string('x', 3_000)))).ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        (await GetAsync(system, "/runs", key, [.. Enumerable.Range(0, 30).Select(i => ($"X-{i}", "x"))])).ShouldBe(HttpStatusCode.RequestHeaderFieldsTooLarge);
        (await GetAsync(system, $"/runs?user={new string('x', 600)}", key)).ShouldBe(HttpStatusCode.RequestUriTooLong);

        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var runs = new Runs.RunsClient(channel);
        var headers = new Metadata { { "authorization", $"Bearer {key}" } };
        (await runs.StartAsync(Request(1_000), headers, cancellationToken: Cancelled)).Status.ShouldNotBeEmpty();
        (await Should.ThrowAsync<RpcException>(async () => await runs.StartAsync(Request(80_000), headers, cancellationToken: Cancelled))).StatusCode.ShouldBe(StatusCode.ResourceExhausted);

        static StartRunRequest Request(int length) => new() { Workflow = "echo", Input = Google.Protobuf.ByteString.CopyFromUtf8($"\"{new string('x', length)}\"") };
    }

    [Fact]
    public async Task EveryService_TakesMessagesHeadersAndConnectionsUpToItsLimits()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("Input:MaxBytes", "5000"), ("Limits:MaxMessageBytes", "70000"), ("Audit:MaxPayloadBytes", "60000"), ("Limits:MaxHeaderBytes", "2000"), ("Limits:MaxConnections", "40"));
        foreach (var service in system.Services)
        {
            using var channel = GrpcChannel.ForAddress(service.GrpcAddress);
            var token = SecuredSystem.Token(service.Name, Scopes.All);
            var good = new Metadata { { "authorization", $"Bearer {token}" }, { "x-long", new string('x', 100) } };
            var longer = new Metadata { { "authorization", $"Bearer {token}" }, { "x-long", new string('x', 3_000) } };

            (await CodeAsync(service, channel, good, 1_000)).ShouldNotBe(StatusCode.ResourceExhausted, service.Name);
            (await CodeAsync(service, channel, good, 80_000)).ShouldBe(StatusCode.ResourceExhausted, service.Name);
            (await CodeAsync(service, channel, longer, 1_000)).ShouldNotBeOneOf([StatusCode.OK, StatusCode.NotFound, StatusCode.InvalidArgument], service.Name);

            // As many as fit are answered, and the others are closed without a word.
            var connections = new List<System.Net.Sockets.TcpClient>();
            var answered = 0;
            for (var i = 0; i < 60; i++)
            {
                var connection = new System.Net.Sockets.TcpClient();
                connections.Add(connection);
                await connection.ConnectAsync(IPAddress.Loopback, service.Http.BaseAddress!.Port, Cancelled);
                if (await AnswersAsync(connection)) answered++;
            }

            connections.ForEach(connection => connection.Dispose());
            answered.ShouldBeInRange(1, 40, service.Name);
        }

        static async Task<bool> AnswersAsync(System.Net.Sockets.TcpClient connection)
        {
            try
            {
                await connection.GetStream().WriteAsync("GET /alive HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray(), Cancelled);
                return await connection.GetStream().ReadAsync(new byte[1_000], Cancelled) > 0;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    /// <summary>How a call with a message of about a length ends.</summary>
    private static async Task<StatusCode> CodeAsync(Service service, GrpcChannel channel, Metadata headers, int length)
    {
        var text = new string('x', length);
        try
        {
            switch (service.Name)
            {
                case "audit":
                    await new AuditReader.AuditReaderClient(channel).QueryAsync(new QueryRequest { RunId = text }, headers, cancellationToken: Cancelled);
                    break;
                case "orchestrator":
                    await new Runs.RunsClient(channel).GetAsync(new RunRequest { RunId = text }, headers, cancellationToken: Cancelled);
                    break;
                default:
                    using (var call = new V1.AgentWorker.AgentWorkerClient(channel).Execute(headers, cancellationToken: Cancelled))
                    {
                        // How the call ends is what its answers say: writing only notices that it has.
                        await Record.ExceptionAsync(() => call.RequestStream.WriteAsync(new ExecuteRequest { Instructions = { new Instruction { Cancel = text } } }, Cancelled));
                        while (await call.ResponseStream.MoveNext(Cancelled))
                        {
                            // Until it ends the call.
                        }
                    }

                    break;
            }

            return StatusCode.OK;
        }
        catch (RpcException ended)
        {
            return ended.StatusCode;
        }
    }

    [Fact]
    public async Task Requests_BeyondTheRate_Get429WithRetryAfter_AndOtherUsersDoNotNotice()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("Limits:RequestBurst", "5"), ("Limits:RequestsPerSecond", "1"));
        var (alice, bob) = (await system.KeyAsync("alice"), await system.KeyAsync("bob"));

        using var refused = await UntilRefusedAsync(() => system.Orchestrator.SendAsync(HttpMethod.Get, "/workflows", alice, null, Cancelled), 60);

        int.Parse(refused.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);
        (await refused.Content.ReadAsStringAsync(Cancelled)).ShouldContain("urn:loomflow:too_many_requests");
        (await GetAsync(system, "/workflows", bob)).ShouldBe(HttpStatusCode.OK);

        using var channel = GrpcChannel.ForAddress(system.Orchestrator.GrpcAddress);
        var headers = new Metadata { { "authorization", $"Bearer {alice}" } };
        var status = StatusCode.OK;
        for (var i = 0; i < 60 && status == StatusCode.OK; i++)
        {
            try
            {
                await new Runs.RunsClient(channel).ListAsync(new ListRunsRequest(), headers, cancellationToken: Cancelled);
            }
            catch (RpcException rejected)
            {
                status = rejected.StatusCode;
            }
        }

        status.ShouldBe(StatusCode.ResourceExhausted);
    }

    [Fact(Timeout = 180_000)]
    public async Task EventStreams_AndRequestsUnderWay_AreLimitedForEachUser()
    {
        await using var system = await SecuredSystem.StartAsync(
            Cancelled, ("Limits:EventStreams", "2"), ("Limits:ConcurrentRequests", "3"), ("Limits:RequestsPerSecond", "1000000"), ("Limits:RequestBurst", "1000000"));
        var (alice, bob) = (await system.KeyAsync("alice"), await system.KeyAsync("bob"));
        var runId = await system.StartRunAsync(alice, "wait", "x", Cancelled);

        using var first = await EventsAsync(system, alice, runId);
        using var second = await EventsAsync(system, alice, runId);
        using var third = await EventsAsync(system, alice, runId);
        third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        third.Headers.Contains("Retry-After").ShouldBeTrue();

        // A request gives its place back a moment after its answer has come.
        while (await GetAsync(system, $"/runs/{runId}", alice) != HttpStatusCode.OK) await Task.Yield();

        // With two streams open and one request that waits, three are under way.
        var waiting = WaitAsync();
        while (waiting.IsCompleted || await GetAsync(system, "/workflows", alice) != HttpStatusCode.TooManyRequests)
        {
            if (!waiting.IsCompleted) continue;
            (await waiting).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests, "it came before a place was given back");
            waiting = WaitAsync();
        }

        (await GetAsync(system, "/workflows", bob)).ShouldBe(HttpStatusCode.OK);

        Task<HttpResponseMessage> WaitAsync() =>
            system.Orchestrator.SendAsync(HttpMethod.Post, "/workflows/wait/runs", alice, JsonContent.Create(new { input = "x" }), Cancelled, ("Prefer", "wait=60"));
    }

    [Fact]
    public async Task RunsThatHaveNotEnded_AreLimitedForEachUser_AndThoseThatHaveDoNotCount()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("Limits:ActiveRunsPerUser", "3"));
        var (alice, bob) = (await system.KeyAsync("alice"), await system.KeyAsync("bob"));
        for (var i = 0; i < 5; i++) await system.StartRunAsync(alice, "echo", "x", Cancelled, wait: 30);
        for (var i = 0; i < 3; i++) await system.StartRunAsync(alice, "wait", "x", Cancelled);

        using var refused = await system.Orchestrator.SendAsync(HttpMethod.Post, "/workflows/wait/runs", alice, JsonContent.Create(new { input = "x" }), Cancelled);

        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.Contains("Retry-After").ShouldBeTrue();
        await system.StartRunAsync(bob, "wait", "x", Cancelled);
    }

    [Fact]
    public async Task Run_WhoseOutputOrJournalGrowsTooLarge_EndsAsCapped()
    {
        await using var system = await SecuredSystem.StartAsync(Cancelled, ("Limits:MaxOutputBytes", "1000"), ("Limits:MaxEvents", "20"));
        var key = await system.KeyAsync("alice");

        (await EndAsync("long", 900)).GetProperty("status").GetString().ShouldBe("completed");
        var large = await EndAsync("long", 1_001);
        large.GetProperty("status").GetString().ShouldBe("capped");
        large.GetProperty("failure").GetProperty("message").GetString()!.ShouldContain("1003 bytes");
        (await EndAsync("loop", 3)).GetProperty("status").GetString().ShouldBe("completed");
        var many = await EndAsync("loop", 50);
        many.GetProperty("status").GetString().ShouldBe("capped");
        many.GetProperty("failure").GetProperty("message").GetString()!.ShouldContain("more than 20 events");

        async Task<JsonElement> EndAsync(string workflow, int input)
        {
            using var response = await system.Orchestrator.SendAsync(HttpMethod.Post, $"/workflows/{workflow}/runs", key, JsonContent.Create(new { input }), Cancelled, ("Prefer", "wait=60"));
            return await response.Content.ReadFromJsonAsync<JsonElement>(Cancelled);
        }
    }

    private static async Task<HttpStatusCode> StartAsync(SecuredSystem system, string key, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Post, "/workflows/echo/runs", key, content, Cancelled);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> GetAsync(SecuredSystem system, string path, string key, params (string, string)[] headers)
    {
        using var response = await system.Orchestrator.SendAsync(HttpMethod.Get, path, key, null, Cancelled, headers);
        return response.StatusCode;
    }

    private static Task<HttpResponseMessage> EventsAsync(SecuredSystem system, string key, string runId) =>
        system.Orchestrator.SendAsync(HttpMethod.Get, $"/runs/{runId}/events", key, null, Cancelled);

    private static async Task<HttpResponseMessage> UntilRefusedAsync(Func<Task<HttpResponseMessage>> send, int most)
    {
        for (var i = 0; i < most; i++)
        {
            var response = await send();
            if (response.StatusCode == HttpStatusCode.TooManyRequests) return response;
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Dispose();
        }

        throw new ShouldAssertException($"None of {most} requests was refused.");
    }
}
