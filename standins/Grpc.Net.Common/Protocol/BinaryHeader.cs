namespace Grpc.Net.Protocol;

/// <summary>Base64 of binary metadata. Sent with padding, which receivers must accept; received with or without.</summary>
internal static class BinaryHeader
{
    public static string Encode(byte[] value) => Convert.ToBase64String(value);

    public static byte[] Decode(string value) => Convert.FromBase64String((value.Length % 4) switch
    {
        0 => value,
        2 => value + "==",
        3 => value + "=",
        _ => throw new FormatException("Invalid base64 in a binary header."),
    });
}
