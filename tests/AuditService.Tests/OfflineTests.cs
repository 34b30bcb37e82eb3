using System.Diagnostics;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Aspire.AuditService.Verification;
using Loomflow.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow.Aspire.AuditService.Tests;

/// <summary>Verifying without the service: its own command, and a program in another language.</summary>
public sealed class OfflineTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task VerifyCommand_OnFilesAndOnABundle_WithTheSecretAndWithThePublicKey()
    {
        var log = Path.Combine(_directory, "log");
        var bundle = Path.Combine(_directory, "export.tar");
        var keyFile = Path.Combine(_directory, "key");
        await File.WriteAllTextAsync(keyFile, AuditServer.Secret, Cancel);
        await using (var server = await AuditServer.StartAsync(log, cancellationToken: Cancel))
        {
            await using var client = server.CreateClient();
            await client.AppendAsync([.. Enumerable.Range(1, 300).Select(i => Samples.Entry(i))], Cancel);
        }

        string publicKey;
        await using (var server = await AuditServer.StartAsync(log, cancellationToken: Cancel))
        {
            await using (var file = File.Create(bundle)) await (await server.Http.GetStreamAsync("/v1/export", Cancel)).CopyToAsync(file, Cancel);
            publicKey = (await server.Http.GetStringAsync("/v1/checkpoint/keys", Cancel)).Trim();
        }

        (await RunAsync(log, "--key", $"k1={keyFile}")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain("INTACT"), r => r.Output.ShouldContain("Every authentication code"));
        (await RunAsync(log, "--public-key", publicKey)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(0), r => r.Output.ShouldContain("without the secret"));
        (await RunAsync(bundle, "--key", $"k1={keyFile}")).Code.ShouldBe(0);
        (await RunAsync(bundle, "--public-key", publicKey)).Code.ShouldBe(0);

        using var stranger = CheckpointSigner.Derive(publicKey.Split('+')[0], Samples.Key());
        (await RunAsync(log, "--public-key", stranger.PublicKey.Text)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("BrokenCheckpoint"));

        var records = new LogFiles(log).Records(0);
        var bytes = await File.ReadAllBytesAsync(records, Cancel);
        bytes[5_000] ^= 1;
        await File.WriteAllBytesAsync(records, bytes, Cancel);
        (await RunAsync(log, "--key", $"k1={keyFile}")).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("DAMAGED: Altered at entry"));
        (await RunAsync(log, "--public-key", publicKey)).ShouldSatisfyAllConditions(r => r.Code.ShouldBe(1), r => r.Output.ShouldContain("DAMAGED: Altered at entry"));
    }

    [Theory]
    [InlineData]
    [InlineData("/nowhere")]
    [InlineData("/tmp", "--what")]
    public async Task VerifyCommand_Misused_ExplainsItself(params string[] args)
    {
        var result = await RunAsync(args);
        result.Code.ShouldBe(2);
        result.Output.ShouldContain("Usage: verify");
    }

    [Fact]
    public async Task AProgramInAnotherLanguage_ReadsTheSameLogFromTheDocumentedFormat()
    {
        var python = Environment.GetEnvironmentVariable("PATH")?.Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "python3")).FirstOrDefault(File.Exists);
        Assert.SkipUnless(python is not null, "python3 is not installed.");
        await SampleLog.CreateAsync(_directory, Cancel, new AuditOptions { SegmentEntries = 300 });
        Digest root;
        long size;
        await using (var log = Samples.Open(_directory))
        {
            await new KeyRotation(log, TimeProvider.System, NullLogger<KeyRotation>.Instance).RotateAsync("k2", "alice", Cancel);
            await Samples.AppendAsync(log, 2_000, 2_050, Cancel, "run-2");
            (size, root) = await log.GetTreeHeadAsync(Cancel);
        }

        (await PythonAsync(python)).ShouldBe((0, $"{size} {root}"));

        var path = new LogFiles(_directory).Records(0);
        var bytes = await File.ReadAllBytesAsync(path, Cancel);
        bytes[bytes.Length / 2] ^= 1;
        await File.WriteAllBytesAsync(path, bytes, Cancel);
        (await PythonAsync(python)).Code.ShouldBe(1);
    }

    private async Task<(int Code, string Output)> PythonAsync(string python)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Path.Combine(AppContext.BaseDirectory, "verify_audit.py"), _directory.Path, $"k1={Hex("k1", 7)}", $"k2={Hex("k2", 50)}" }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        (await error).ShouldBeEmpty();
        return (process.ExitCode, output.Trim());

        static string Hex(string id, byte seed) => Convert.ToHexStringLower(Enumerable.Range(0, 32).Select(i => (byte)(seed + i)).ToArray());
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        var output = new StringWriter();
        return (await VerifyCommand.RunAsync(args, output, Cancel), output.ToString());
    }
}
