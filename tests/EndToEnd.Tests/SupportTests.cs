using System.Net;
using System.Security.Cryptography.X509Certificates;
using Loomflow.Testing;

namespace Loomflow.Aspire.EndToEnd.Tests;

/// <summary>The seeds' own example through real processes: a support request that ends in a refund.</summary>
public sealed class SupportTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Support_ARequestForARefund_GoesThroughEveryServiceAndIsAuditedUnderOneUser()
    {
        await using var system = await Topology.StartAsync(new TopologyOptions { Workers = 2 }, Cancelled);

        var runId = await system.StartRunAsync("support", "I want a refund for invoice INV-2026-0042, it was charged twice.", "alice", Cancelled);
        var events = await system.EventsAsync(runId, Cancelled);
        var run = await system.GetRunAsync(runId, Cancelled);

        run.GetProperty("status").GetString().ShouldBe("completed", system.Tails);
        run.GetProperty("output").GetString()!.ShouldContain("INV-2026-0042");
        run.GetProperty("visited").EnumerateArray().Select(node => node.GetString()).ShouldBe(["classifier", "billing"]);
        events.OfType<ToolCalled>().ShouldHaveSingleItem().Tool.ShouldBe("refund_flow");
        events.OfType<ToolReturned>().ShouldHaveSingleItem().Ok.ShouldBeTrue();
        events.Select(e => e.Sequence).ShouldBe(Enumerable.Range(1, events.Count).Select(i => (long)i));

        var entries = await system.TrailAsync(runId, Cancelled);
        entries.ShouldAllBe(entry => entry.GetProperty("userId").GetString() == "alice");
        var trail = entries.Select(entry => (Action: entry.GetProperty("action").GetString(), Subject: entry.GetProperty("subject").GetString())).ToList();
        trail[0].ShouldBe(("workflow_started", "support"));
        trail.ShouldContain(("tool_call", "refund_flow"));
        trail.ShouldContain(("workflow_started", "refund_flow"));
        trail.IndexOf(("tool_call", "refund_flow")).ShouldBeLessThan(trail.IndexOf(("workflow_started", "refund_flow")));
        trail[^1].ShouldBe(("workflow_completed", "support"));
        (await system.VerifyAsync(Cancelled)).ShouldBeTrue();
    }

    [Fact]
    public async Task Support_OverMutualTls_WorksTheSame_AndLetsNobodyElseIn()
    {
        using var authority = new CertificateAuthority();
        using var another = new CertificateAuthority();
        await using var system = await Topology.StartAsync(new TopologyOptions { Certificates = authority }, Cancelled);

        var runId = await system.StartRunAsync("support", "I want a refund for invoice INV-2026-0042, it was charged twice.", "alice", Cancelled);
        (await system.EventsAsync(runId, Cancelled))[^1].ShouldBeOfType<RunCompleted>(system.Tails);

        foreach (var service in system.Services)
        {
            service.Grpc.ShouldStartWith("https://");
            (await StatusAsync(service, authority.Issue("tests"))).ShouldBe(HttpStatusCode.Unauthorized, service.Name);
            await Should.ThrowAsync<HttpRequestException>(() => StatusAsync(service, null));
            await Should.ThrowAsync<HttpRequestException>(() => StatusAsync(service, another.Issue("tests")));
        }
    }

    // A call without a token: who comes through TLS is asked for it next.
    private static async Task<HttpStatusCode> StatusAsync(ServiceProcess service, string? certificate)
    {
        using var sockets = new SocketsHttpHandler { ActivityHeadersPropagator = null };
        sockets.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        if (certificate is not null)
        {
            var own = X509Certificate2.CreateFromPemFile(certificate, certificate);
            sockets.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => own;
        }

        using var client = new HttpClient(sockets);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{service.Grpc}/loomflow.v1.Nothing/Nothing") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var response = await client.SendAsync(request, Cancelled);
        return response.StatusCode;
    }
}
