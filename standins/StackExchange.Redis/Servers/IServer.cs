using System.Net;

namespace StackExchange.Redis;

public interface IServer : IRedis
{
    EndPoint EndPoint { get; }

    bool IsConnected { get; }

    bool IsReplica { get; }

    RedisProtocol Protocol { get; }

    ServerType ServerType { get; }

    Version Version { get; }

    KeyValuePair<string, string>[] ConfigGet(RedisValue pattern = default, CommandFlags flags = CommandFlags.None);

    Task<KeyValuePair<string, string>[]> ConfigGetAsync(RedisValue pattern = default, CommandFlags flags = CommandFlags.None);

    void ConfigSet(RedisValue setting, RedisValue value, CommandFlags flags = CommandFlags.None);

    Task ConfigSetAsync(RedisValue setting, RedisValue value, CommandFlags flags = CommandFlags.None);

    long DatabaseSize(int database = -1, CommandFlags flags = CommandFlags.None);

    Task<long> DatabaseSizeAsync(int database = -1, CommandFlags flags = CommandFlags.None);

    RedisValue Echo(RedisValue message, CommandFlags flags = CommandFlags.None);

    Task<RedisValue> EchoAsync(RedisValue message, CommandFlags flags = CommandFlags.None);

    RedisResult Execute(string command, params object[] args);

    Task<RedisResult> ExecuteAsync(string command, params object[] args);

    RedisResult Execute(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None);

    Task<RedisResult> ExecuteAsync(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None);

    void FlushAllDatabases(CommandFlags flags = CommandFlags.None);

    Task FlushAllDatabasesAsync(CommandFlags flags = CommandFlags.None);

    void FlushDatabase(int database = -1, CommandFlags flags = CommandFlags.None);

    Task FlushDatabaseAsync(int database = -1, CommandFlags flags = CommandFlags.None);

    IGrouping<string, KeyValuePair<string, string>>[] Info(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    Task<IGrouping<string, KeyValuePair<string, string>>[]> InfoAsync(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    string? InfoRaw(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    Task<string?> InfoRawAsync(RedisValue section = default, CommandFlags flags = CommandFlags.None);

    IAsyncEnumerable<RedisKey> KeysAsync(
        int database = -1,
        RedisValue pattern = default,
        int pageSize = 250,
        long cursor = 0,
        int pageOffset = 0,
        CommandFlags flags = CommandFlags.None);

    bool ScriptExists(string script, CommandFlags flags = CommandFlags.None);

    Task<bool> ScriptExistsAsync(string script, CommandFlags flags = CommandFlags.None);

    void ScriptFlush(CommandFlags flags = CommandFlags.None);

    Task ScriptFlushAsync(CommandFlags flags = CommandFlags.None);

    byte[] ScriptLoad(string script, CommandFlags flags = CommandFlags.None);

    Task<byte[]> ScriptLoadAsync(string script, CommandFlags flags = CommandFlags.None);

    DateTime Time(CommandFlags flags = CommandFlags.None);

    Task<DateTime> TimeAsync(CommandFlags flags = CommandFlags.None);
}
