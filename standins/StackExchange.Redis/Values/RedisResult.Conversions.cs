namespace StackExchange.Redis;

public abstract partial class RedisResult
{
    public static explicit operator string?(RedisResult? result) => result?.Single();

    public static explicit operator byte[]?(RedisResult? result) => result?.Single();

    public static explicit operator RedisValue(RedisResult? result) => result?.Single() ?? RedisValue.Null;

    public static explicit operator RedisKey(RedisResult? result) => (byte[]?)result?.Single();

    public static explicit operator bool(RedisResult result) => (bool)result.Single();

    public static explicit operator int(RedisResult result) => (int)result.Single();

    public static explicit operator long(RedisResult result) => (long)result.Single();

    public static explicit operator ulong(RedisResult result) => (ulong)result.Single();

    public static explicit operator double(RedisResult result) => (double)result.Single();

    public static explicit operator bool?(RedisResult? result) => (bool?)(RedisValue)result;

    public static explicit operator int?(RedisResult? result) => (int?)(RedisValue)result;

    public static explicit operator long?(RedisResult? result) => (long?)(RedisValue)result;

    public static explicit operator ulong?(RedisResult? result) => (ulong?)(RedisValue)result;

    public static explicit operator double?(RedisResult? result) => (double?)(RedisValue)result;

    public static explicit operator string?[]?(RedisResult? result) => Convert(result, value => (string?)value);

    public static explicit operator byte[]?[]?(RedisResult? result) => Convert(result, value => (byte[]?)value);

    public static explicit operator RedisValue[]?(RedisResult? result) => Convert(result, value => value);

    public static explicit operator RedisKey[]?(RedisResult? result) => Convert(result, value => (RedisKey)(byte[]?)value);

    public static explicit operator bool[]?(RedisResult? result) => Convert(result, value => (bool)value);

    public static explicit operator int[]?(RedisResult? result) => Convert(result, value => (int)value);

    public static explicit operator long[]?(RedisResult? result) => Convert(result, value => (long)value);

    public static explicit operator ulong[]?(RedisResult? result) => Convert(result, value => (ulong)value);

    public static explicit operator double[]?(RedisResult? result) => Convert(result, value => (double)value);

    public static explicit operator RedisResult[]?(RedisResult? result) =>
        result is null || result.IsNull ? null : result.Items ?? throw new InvalidCastException($"A {result.Resp3Type} is no array.");

    private static T[]? Convert<T>(RedisResult? result, Converter<RedisValue, T> converter)
    {
        if (result is null || result.IsNull) return null;
        return result.Items is { } items
            ? Array.ConvertAll(items, item => converter(item.Single()))
            : [converter(result.Single())];
    }
}
