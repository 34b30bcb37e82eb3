using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>The hash of the runtime, on every platform.</summary>
internal sealed class RuntimeHashState(IncrementalHash hash) : HashState
{
    /// <inheritdoc />
    public override void Append(ReadOnlySpan<byte> data) => hash.AppendData(data);

    /// <inheritdoc />
    public override Digest Finish()
    {
        Span<byte> value = stackalloc byte[Digest.Size];
        hash.GetHashAndReset(value);
        return new Digest(value);
    }

    /// <inheritdoc />
    public override void Dispose() => hash.Dispose();
}
