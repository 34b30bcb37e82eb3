using System.Runtime.InteropServices;

namespace Loomflow.Audit;

/// <summary>The part of OpenSSL 3 that hashes; see its manual page EVP_DigestInit(3).</summary>
internal static partial class OpenSsl
{
    public const string Library = "libcrypto.so.3";

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial nint EVP_MD_fetch(nint libraryContext, string algorithm, nint properties);

    [LibraryImport(Library)]
    public static partial nint EVP_MD_CTX_new();

    [LibraryImport(Library)]
    public static partial void EVP_MD_CTX_free(nint context);

    [LibraryImport(Library)]
    public static partial int EVP_MD_CTX_copy_ex(nint target, nint source);

    [LibraryImport(Library)]
    public static partial int EVP_DigestInit_ex2(nint context, nint digest, nint parameters);

    [LibraryImport(Library)]
    public static partial int EVP_DigestUpdate(nint context, ref byte data, nuint count);

    [LibraryImport(Library)]
    public static partial int EVP_DigestFinal_ex(nint context, ref byte digest, nint size);
}
