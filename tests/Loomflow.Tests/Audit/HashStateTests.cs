using System.Security.Cryptography;
using Loomflow.Audit;

namespace Loomflow.Tests.Audit;

/// <summary>Whichever way the hash is taken, it is SHA-256.</summary>
public sealed class HashStateTests
{
    private static readonly byte[] s_data = RandomNumberGenerator.GetBytes(70_000);

    public static TheoryData<bool> Implementations => OpenSslHashState.IsAvailable ? [true, false] : [false];

    [Fact]
    public void OnLinuxWithOpenSsl_ThatIsUsed() =>
        HashState.CreateSha256().ShouldBeOfType(OpenSslHashState.IsAvailable ? typeof(OpenSslHashState) : typeof(RuntimeHashState));

    [Theory]
    [MemberData(nameof(Implementations))]
    public void Finish_AnyLengthInAnyPieces_IsTheHash(bool openSsl)
    {
        using HashState hash = openSsl ? OpenSslHashState.CreateSha256() : new RuntimeHashState(IncrementalHash.CreateHash(HashAlgorithmName.SHA256));
        foreach (var length in Lengths())
        {
            var data = s_data.AsSpan(0, length);
            hash.Append(data[..(length / 3)]);
            hash.Append(data[(length / 3)..]);
            hash.Finish().ToArray().ShouldBe(SHA256.HashData(data), $"{length} bytes");
        }

        hash.Finish().ToArray().ShouldBe(SHA256.HashData([]));
    }

    [Theory]
    [MemberData(nameof(Implementations))]
    public void Finish_WithKeysOfAnyLength_IsTheCode(bool openSsl)
    {
        foreach (var keyLength in new[] { 1, 32, 63, 64, 65, 200 })
        {
            var key = s_data[..keyLength];
            using HashState hash = openSsl ? OpenSslHashState.CreateHmac(key) : new RuntimeHashState(IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key));
            foreach (var length in Lengths())
            {
                hash.Append(s_data.AsSpan(0, length));
                hash.Finish().ToArray().ShouldBe(HMACSHA256.HashData(key, s_data.AsSpan(0, length)), $"key of {keyLength}, {length} bytes");
            }
        }
    }

    [Fact]
    public void Disposed_RefusesInsteadOfTouchingFreedMemory()
    {
        var hash = HashState.CreateSha256();
        hash.Dispose();
        Should.Throw<ObjectDisposedException>(() => hash.Append([1]));
    }

    private static IEnumerable<int> Lengths() => [.. Enumerable.Range(0, 200), 1_000, s_data.Length];
}
