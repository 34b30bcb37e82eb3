using System.Security.Cryptography;

namespace Loomflow;

/// <summary>
/// Ids that sort in the order in which they were made: UUIDs of version 7 whose twelve bits after the time count on within a
/// millisecond (RFC 9562 §6.2, method 1). Ids of one process never go backwards, whatever the clock does.
/// </summary>
internal static class SortableId
{
    private static readonly Lock s_lock = new();
    private static long s_last;

    /// <summary>The prefix, an underscore and 32 hex digits.</summary>
    public static string New(string prefix)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        long stamp;
        lock (s_lock)
        {
            // 48 bits of milliseconds and 12 bits of counter, as one number that only grows.
            stamp = s_last = Math.Max(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 12, s_last + 1);
        }

        for (var i = 0; i < 6; i++) bytes[i] = (byte)(stamp >> (52 - (8 * i)));
        bytes[6] = (byte)(0x70 | ((stamp >> 8) & 0x0F));
        bytes[7] = (byte)stamp;
        bytes[8] = (byte)(0x80 | (bytes[8] & 0x3F));
        return $"{prefix}_{Convert.ToHexStringLower(bytes)}";
    }
}
