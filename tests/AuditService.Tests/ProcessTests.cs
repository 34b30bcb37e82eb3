using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Grpc.Net.Client;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.ServiceDefaults.ServiceAuthentication;
using Loomflow.Audit;
using Loomflow.Audit.Client;
using Loomflow.Testing;
using Loomflow.V1;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using AuditEntry = Loomflow.Audit.AuditEntry;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>The real process, killed and starved.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Kills = 50;
    private const int Producers = 4;

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task KilledFiftyTimesDuringHeavyAppends_EveryAcknowledgedEntryIsThere()
    {
        var (http, grpc) = (FreePort.Next(), FreePort.Next());
        var acknowledged = new ConcurrentDictionary<string, long>();
        using var channel = Credentials.CreateChannel(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpc}")), Scopes.AuditAppend);
        await using var client = Client(channel, TimeSpan.FromMinutes(2));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var producers = Enumerable.Range(0, Producers).Select(producer => Task.Run(() => ProduceAsync(client, producer, acknowledged, stop.Token), Cancel)).ToList();

        for (var kill = 0; kill < Kills; kill++)
        {
            using var service = ServiceProcess.Start(_directory, http, grpc);
            // At another moment of the work each time.
            var goal = acknowledged.Count + 100 + (kill * 137 % 1_000);
            while (acknowledged.Count < goal)
            {
                producers.ShouldAllBe(producer => !producer.IsCompleted);
                await Task.Delay(5, Cancel);
            }

            await service.KillAsync(Cancel);
        }

        await stop.CancelAsync();
        await Task.WhenAll(producers);

        await using var log = Samples.Open(_directory, keys: new AuditKeyRing(AuditKey.FromText("k1", AuditServer.Secret)));
        log.State.ShouldBe(LogState.Open);
        var reader = new LogReader(log);
        acknowledged.Count.ShouldBeGreaterThan(Kills * 100);
        foreach (var (eventId, sequence) in acknowledged) reader.Read(sequence)!.Entry.EventId.ShouldBe(eventId);
        (await AuditLogTests.VerifyAsync(log)).Damage.ShouldBeNull();
        var ids = new HashSet<string>();
        for (var i = 0L; i < log.Size; i++) ids.Add(reader.Read(i)!.Entry.EventId).ShouldBeTrue($"record {i} is there twice");
        (await log.AppendAsync(Samples.Entry(1, "after"), Cancel)).Sequence.ShouldBe(log.Size - 1);
    }

    [Fact]
    public async Task ADiskThatIsFullForAWhile_RefusesSaysSoAndGoesOn()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/prlimit"), "prlimit (util-linux) is not installed.");
        var (http, grpc) = (FreePort.Next(), FreePort.Next());
        using var service = ServiceProcess.Start(_directory, http, grpc);
        using var channel = Credentials.CreateChannel(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{grpc}")), Scopes.AuditAppend);
        using var web = new HttpClient
        {
            BaseAddress = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{http}")),
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Credentials.AuditorKey) },
        };
        await using var client = Client(channel, TimeSpan.FromMinutes(1));
        await client.AppendAsync([.. Enumerable.Range(1, 100).Select(i => Samples.Entry(i))], Cancel);

        var size = Directory.EnumerateFiles(Path.Combine(_directory, "segments"), "*.log").Max(file => new FileInfo(file).Length);
        await LimitAsync(service.Id, (size + 100).ToString(CultureInfo.InvariantCulture));
        var refused = await Should.ThrowAsync<AuditUnavailableException>(async () => await client.AppendAsync(Samples.Entry(101), Cancel));
        refused.Message.ShouldContain("the disk refuses writes");
        (await web.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await web.GetStringAsync("/v1/status", Cancel)).ShouldContain("disk full");

        await LimitAsync(service.Id, "unlimited");
        (await client.AppendAsync(Samples.Entry(101), Cancel)).IsDuplicate.ShouldBeFalse();
        (await web.GetAsync("/health", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await web.GetStringAsync("/verify", Cancel)).ShouldStartWith($"INTACT: {AuditServer.OwnRecords + 101} records");
    }

    [Fact]
    public async Task ASecondProcessOnTheSameLog_Exits()
    {
        await using var log = Samples.Open(_directory);
        using var second = Process.Start(StartInfo(_directory))!;
        var errors = second.StandardError.ReadToEndAsync(Cancel);
        var output = second.StandardOutput.ReadToEndAsync(Cancel);
        await second.WaitForExitAsync(Cancel);

        second.ExitCode.ShouldNotBe(0);
        (await errors + await output).ShouldContain("A log has one writer");
    }

    [Fact]
    public async Task AProcessWithoutAKey_Exits()
    {
        var start = StartInfo(_directory);
        start.Environment.Remove("Audit__Key");
        using var service = Process.Start(start)!;
        var errors = service.StandardError.ReadToEndAsync(Cancel);
        var output = service.StandardOutput.ReadToEndAsync(Cancel);
        await service.WaitForExitAsync(Cancel);

        service.ExitCode.ShouldNotBe(0);
        (await errors + await output).ShouldContain("has no signing key");
    }

    [Fact]
    public async Task RotateKey_FromTheCommandLine_RotatesOnceAndSaysWhyNot()
    {
        var settings = new Dictionary<string, string?> { ["Audit:Keys:k2"] = "another key that nobody else knows: 4b1d" };
        await using var server = await AuditServer.StartAsync(_directory, settings: settings, cancellationToken: Cancel);

        (await RotateAsync("k2", "--address", server.GrpcAddress.ToString())).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain("from 'k1' to 'k2'"));
        (await RotateAsync("k2", "--address", server.GrpcAddress.ToString())).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("signed with 'k2' already"));
        (await RotateAsync("k2")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(2), r => r.Output.ShouldContain("Usage: rotate-key"));

        async Task<(int Code, string Output)> RotateAsync(params string[] arguments)
        {
            var start = StartInfo(_directory);
            foreach (var argument in (string[])["rotate-key", .. arguments]) start.ArgumentList.Add(argument);
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync(Cancel);
            var output = process.StandardOutput.ReadToEndAsync(Cancel);
            await process.WaitForExitAsync(Cancel);
            return (process.ExitCode, await output + await errors);
        }
    }

    private static async Task ProduceAsync(GrpcAuditLog client, int producer, ConcurrentDictionary<string, long> acknowledged, CancellationToken cancellationToken)
    {
        for (var batch = 0; !cancellationToken.IsCancellationRequested; batch++)
        {
            var entries = Enumerable.Range(batch * 20, 20).Select(i => Samples.Entry(i, $"producer-{producer}")).ToList();
            try
            {
                var receipts = await client.AppendAsync((IReadOnlyList<AuditEntry>)entries, cancellationToken);
                for (var i = 0; i < entries.Count; i++) acknowledged[entries[i].EventId] = receipts[i].Sequence;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private static GrpcAuditLog Client(GrpcChannel channel, TimeSpan timeout) => new(
        new AuditAppender.AuditAppenderClient(channel),
        Options.Create(new AuditClientOptions { Timeout = timeout, ReconnectDelay = TimeSpan.FromMilliseconds(20), MaxReconnectDelay = TimeSpan.FromMilliseconds(100) }),
        NullLogger<GrpcAuditLog>.Instance);

    private static ProcessStartInfo StartInfo(string directory)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(AuditOptions).Assembly.Location);
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Audit__Directory"] = directory;
        start.Environment["Audit__Key"] = AuditServer.Secret;
        start.Environment["ServiceAuth__Key"] = Credentials.ServiceKey;
        start.Environment["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0";
        start.Environment["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0";
        return start;
    }

    private static async Task LimitAsync(int processId, string bytes)
    {
        using var prlimit = Process.Start("/usr/bin/prlimit", ["--pid", processId.ToString(CultureInfo.InvariantCulture), $"--fsize={bytes}:"]);
        await prlimit.WaitForExitAsync(Cancel);
        prlimit.ExitCode.ShouldBe(0);
    }
}
