using System.Security.Cryptography;
using System.Text;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

public sealed class SignedNoteTests : IDisposable
{
    private static readonly Checkpoint s_checkpoint = new("loomflow.audit/abc", 1_000, new Digest(SHA256.HashData("x"u8)), new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    private readonly CheckpointSigner _signer = CheckpointSigner.Derive("loomflow.audit/abc", AuditSamples.Key());

    public void Dispose() => _signer.Dispose();

    [Fact]
    public void Open_ANoteOfAKnownKey_GivesTheCheckpointBack()
    {
        var note = _signer.Sign(s_checkpoint);

        note.ShouldStartWith("loomflow.audit/abc\n1000\n");
        note.ShouldContain("\n\n\u2014 loomflow.audit/abc ");
        SignedNote.TryOpen(note, [CheckpointKey.Parse(_signer.PublicKey.Text)], out var checkpoint, out _).ShouldBeTrue();
        checkpoint.ShouldBe(s_checkpoint);
    }

    [Fact]
    public void Open_AnyByteChanged_IsRefused()
    {
        var note = Encoding.UTF8.GetBytes(_signer.Sign(s_checkpoint));
        for (var i = 0; i < note.Length; i++)
        {
            foreach (var mask in new byte[] { 0x01, 0x20 })
            {
                note[i] ^= mask;
                SignedNote.TryOpen(Encoding.UTF8.GetString(note), [_signer.PublicKey], out _, out var problem).ShouldBeFalse($"byte {i}");
                problem.ShouldNotBeNull();
                note[i] ^= mask;
            }
        }
    }

    [Fact]
    public void Open_ASignatureOfAnUnknownKeyBeside_IsIgnored()
    {
        using var witness = CheckpointSigner.Derive("witness.example", AuditSamples.Key("w", 90));
        var other = witness.Sign(s_checkpoint);
        var note = _signer.Sign(s_checkpoint) + other[(other.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];

        SignedNote.TryOpen(note, [_signer.PublicKey], out _, out _).ShouldBeTrue();
        SignedNote.TryOpen(note, [_signer.PublicKey, witness.PublicKey], out _, out _).ShouldBeTrue();
        SignedNote.TryOpen(note, [], out _, out var problem).ShouldBeFalse();
        problem.ShouldBe("no known key signed it");
    }

    [Fact]
    public void Derive_OtherLogOrSecret_GivesAnotherKeyAndTheSameGivesTheSame()
    {
        using var same = CheckpointSigner.Derive("loomflow.audit/abc", AuditSamples.Key());
        using var otherLog = CheckpointSigner.Derive("loomflow.audit/abd", AuditSamples.Key());
        using var otherSecret = CheckpointSigner.Derive("loomflow.audit/abc", AuditSamples.Key(seed: 8));

        same.PublicKey.Text.ShouldBe(_signer.PublicKey.Text);
        new[] { _signer, otherLog, otherSecret }.Select(signer => signer.PublicKey.Text.Split('+', 2)[1]).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public void FromPem_AKeyOfOpenSsl_SignsAndVerifies()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var signer = CheckpointSigner.FromPem("log", key.ExportECPrivateKeyPem());

        SignedNote.TryOpen(signer.Sign(s_checkpoint), [signer.PublicKey], out _, out _).ShouldBeTrue();
        Should.Throw<ArgumentException>(() => CheckpointSigner.FromPem("log", "no key")).Message.ShouldContain("openssl");
    }
}
