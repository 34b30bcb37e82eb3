using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Loomflow.Audit;

/// <summary>
/// The hash of OpenSSL without what the runtime puts around it: of the 0.5 µs that it takes to hash a Merkle node that way,
/// 0.15 µs are the hash. The library is the one that the runtime itself uses on Linux; elsewhere there is
/// <see cref="RuntimeHashState"/>.
/// </summary>
internal sealed class OpenSslHashState : HashState
{
    private const int BlockSize = 64;

    private static readonly nint s_sha256 = Load();

    private readonly ContextHandle _work = new();
    private readonly ContextHandle _start = new();
    private readonly ContextHandle? _outer;
    private bool _isStarted;

    private OpenSslHashState()
    {
        Check(OpenSsl.EVP_DigestInit_ex2(_start.Value, s_sha256, 0));
    }

    // RFC 2104: the two keyed blocks are hashed once, and each code starts from there.
    private OpenSslHashState(ReadOnlySpan<byte> secret) : this()
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Clear();
        if (secret.Length <= BlockSize) secret.CopyTo(block);
        else SHA256.HashData(secret, block);
        Xor(block, 0x36);
        Update(_start, block);
        Xor(block, 0x36 ^ 0x5c);
        _outer = new ContextHandle();
        Check(OpenSsl.EVP_DigestInit_ex2(_outer.Value, s_sha256, 0));
        Update(_outer, block);
        CryptographicOperations.ZeroMemory(block);
    }

    /// <summary>Whether the library is here and gives right answers.</summary>
    public static bool IsAvailable { get; } = s_sha256 != 0 && IsRight();

    public static new OpenSslHashState CreateSha256() => new();

    public static new OpenSslHashState CreateHmac(ReadOnlySpan<byte> secret) => new(secret);

    /// <inheritdoc />
    public override void Append(ReadOnlySpan<byte> data)
    {
        Start();
        Update(_work, data);
    }

    /// <inheritdoc />
    public override Digest Finish()
    {
        Start();
        Span<byte> value = stackalloc byte[Digest.Size];
        Check(OpenSsl.EVP_DigestFinal_ex(_work.Value, ref MemoryMarshal.GetReference(value), 0));
        if (_outer is not null)
        {
            Check(OpenSsl.EVP_MD_CTX_copy_ex(_work.Value, _outer.Value));
            Update(_work, value);
            Check(OpenSsl.EVP_DigestFinal_ex(_work.Value, ref MemoryMarshal.GetReference(value), 0));
        }

        _isStarted = false;
        GC.KeepAlive(this);
        return new Digest(value);
    }

    /// <inheritdoc />
    public override void Dispose()
    {
        _work.Dispose();
        _start.Dispose();
        _outer?.Dispose();
    }

    private void Start()
    {
        if (_isStarted) return;
        Check(OpenSsl.EVP_MD_CTX_copy_ex(_work.Value, _start.Value));
        _isStarted = true;
    }

    private static void Update(ContextHandle context, ReadOnlySpan<byte> data)
    {
        Check(OpenSsl.EVP_DigestUpdate(context.Value, ref MemoryMarshal.GetReference(data), (nuint)data.Length));
        GC.KeepAlive(context);
    }

    private static void Xor(Span<byte> block, byte value)
    {
        foreach (ref var item in block) item ^= value;
    }

    private static void Check(int result)
    {
        if (result != 1) throw new CryptographicException("OpenSSL could not hash.");
    }

    private static nint Load()
    {
        try
        {
            return OperatingSystem.IsLinux() && NativeLibrary.TryLoad(OpenSsl.Library, typeof(OpenSsl).Assembly, null, out _) ? OpenSsl.EVP_MD_fetch(0, "SHA256", 0) : 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return 0;
        }
    }

    private static bool IsRight()
    {
        ReadOnlySpan<byte> text = "abc"u8;
        using var plain = new OpenSslHashState();
        plain.Append(text);
        using var keyed = new OpenSslHashState(text);
        keyed.Append(text);
        return plain.Finish().AsSpan().SequenceEqual(SHA256.HashData(text)) && keyed.Finish().AsSpan().SequenceEqual(HMACSHA256.HashData(text, text));
    }

    private sealed class ContextHandle : SafeHandle
    {
        public ContextHandle() : base(0, ownsHandle: true)
        {
            SetHandle(OpenSsl.EVP_MD_CTX_new());
            if (IsInvalid) throw new CryptographicException("OpenSSL has no memory for a hash.");
        }

        public override bool IsInvalid => handle == 0;

        /// <summary>Without the counting that passing the handle itself would do; the caller keeps this alive.</summary>
        public nint Value
        {
            get
            {
                ObjectDisposedException.ThrowIf(IsClosed, this);
                return handle;
            }
        }

        protected override bool ReleaseHandle()
        {
            OpenSsl.EVP_MD_CTX_free(handle);
            return true;
        }
    }
}
