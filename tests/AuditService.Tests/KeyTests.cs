using System.Security.Cryptography;
using Loomflow.Aspire.AuditService.Keys;
using Loomflow.Aspire.AuditService.Storage;
using Loomflow.Audit;
using Microsoft.Extensions.Logging.Abstractions;

namespace Loomflow.Aspire.AuditService.Tests;

public sealed class KeyTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(null, "no signing key")]
    [InlineData("too short but varied", "at least 32")]
    [InlineData("loomflow-development-audit-key-that-protects-nothing", "well known")]
    [InlineData("changemechangemechangemechangeme", "well known")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "well known")]
    [InlineData("secret-password-secret-password-secret", "well known")]
    public void Load_OutsideDevelopment_RefusesKeysThatProtectNothing(string? key, string expected) =>
        Should.Throw<InvalidOperationException>(() => KeyRingLoader.Load(new AuditOptions { Key = key }, isDevelopment: false)).Message.ShouldContain(expected);

    [Fact]
    public void Load_Base64OrTextOrAFile_IsTaken()
    {
        var secret = RandomNumberGenerator.GetBytes(32);
        var file = Path.Combine(_directory, "key");
        File.WriteAllText(file, Convert.ToBase64String(secret) + "\n");

        KeyRingLoader.Load(new AuditOptions { KeyFile = file, KeyId = "a" }, isDevelopment: false).Keys.Single().Id.ShouldBe("a");
        KeyRingLoader.Load(new AuditOptions { Key = "a text that is long enough: 7f3b9c", Keys = { ["k2"] = Convert.ToBase64String(secret) } }, isDevelopment: false)
            .Keys.Select(key => key.Id).ShouldBe(["k1", "k2"]);
        KeyRingLoader.Load(new AuditOptions(), isDevelopment: true).Keys.Single().Id.ShouldBe("development");
        Should.Throw<InvalidOperationException>(() => KeyRingLoader.Load(new AuditOptions { KeyFile = "/nowhere/key" }, isDevelopment: false)).Message.ShouldContain("/nowhere/key");
    }

    [Fact]
    public void Key_WhereverItIsShown_ShowsOnlyItsName() => Samples.Key("the-name").ToString().ShouldBe("the-name");

    [Fact]
    public async Task Rotate_MidLog_IsOnRecordSignedByBothAndGoesOnAfterReopening()
    {
        await using (var log = Samples.Open(_directory))
        {
            await Samples.AppendAsync(log, 1, 10, Cancel);
            var (receipt, old) = await Rotation(log).RotateAsync("k2", "alice", Cancel);
            (receipt.Sequence, old).ShouldBe((12, "k1"));
            await Samples.AppendAsync(log, 11, 20, Cancel);
        }

        await using var again = Samples.Open(_directory);
        again.ActiveKey.Id.ShouldBe("k2");
        var reader = new LogReader(again);
        reader.Read(12)!.ShouldSatisfyAllConditions(
            r => r.KeyId.ShouldBe("k1"), r => r.Kind.ShouldBe(AuditRecordKind.KeyRotation), r => r.Entry.Node.ShouldBe("k1 -> k2"), r => r.Entry.Subject.ShouldBe("alice"));
        reader.Read(13)!.KeyId.ShouldBe("k2");
        (await AuditLogTests.VerifyAsync(again)).Damage.ShouldBeNull();
    }

    [Fact]
    public async Task Rotate_ToAnUnknownOrTheSameKey_SaysWhatToDo()
    {
        await using var log = Samples.Open(_directory);

        (await Should.ThrowAsync<ArgumentException>(() => Rotation(log).RotateAsync("k9", "alice", Cancel))).Message.ShouldContain("Audit__Keys__k9");
        (await Should.ThrowAsync<ArgumentException>(() => Rotation(log).RotateAsync("k1", "alice", Cancel))).Message.ShouldContain("already");
    }

    [Fact]
    public async Task Verify_WithoutTheKeyThatWasRotatedTo_IsAnUnknownKey()
    {
        await using (var log = Samples.Open(_directory))
        {
            await Samples.AppendAsync(log, 1, 3, Cancel);
            await Rotation(log).RotateAsync("k2", "alice", Cancel);
            await Samples.AppendAsync(log, 4, 6, Cancel);
        }

        File.Delete(new LogFiles(_directory).Head);
        var damage = AuditVerifier.Verify(SampleLog.ReadRecords(_directory).Select(record => (ReadOnlyMemory<byte>)record), new AuditKeyRing(Samples.Key())).Damage;
        damage.ShouldNotBeNull().ShouldSatisfyAllConditions(d => d.Kind.ShouldBe(AuditDamageKind.UnknownKey), d => d.Sequence.ShouldBe(6));
    }

    [Fact]
    public async Task Open_ALogOfAnotherKey_RefusesToWrite()
    {
        await using (var log = Samples.Open(_directory)) await Samples.AppendAsync(log, 1, 3, Cancel);

        await using var other = Samples.Open(_directory, keys: new AuditKeyRing(Samples.Key("other", 90)));

        other.State.Name.ShouldBe("damaged");
        other.State.Reason!.ShouldContain("key ring");
    }

    private static KeyRotation Rotation(AuditLog log) => new(log, TimeProvider.System, NullLogger<KeyRotation>.Instance);
}
