namespace StackExchange.Redis;

internal static class ExecuteArguments
{
    public static RedisValue[] From(ICollection<object>? arguments) => arguments is null ? [] : [.. arguments.Select(Convert)];

    private static RedisValue Convert(object argument) => argument switch
    {
        RedisKey key => key.Value,
        RedisChannel channel => channel.Value,
        _ => RedisValue.TryConvert(argument, out var value)
            ? value
            : throw new InvalidCastException($"Unable to parse value: a {argument.GetType()} cannot be sent to Redis."),
    };
}
