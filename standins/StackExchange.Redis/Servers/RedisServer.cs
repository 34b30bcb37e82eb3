using System.Net;

namespace StackExchange.Redis;

internal sealed partial class RedisServer(ConnectionMultiplexer connection, EndPoint endPoint, int database) : Commands(connection, database), IServer
{
    public RedisServer(ConnectionMultiplexer connection, EndPoint endPoint)
        : this(connection, endPoint, connection.Options.DefaultDatabase ?? 0)
    {
    }

    public EndPoint EndPoint { get; } = endPoint;

    bool IServer.IsConnected => Connection.IsConnected;

    public bool IsReplica => false;

    public RedisProtocol Protocol => Connection.Interactive.Connection?.Protocol ?? Connection.Options.Protocol ?? RedisProtocol.Resp2;

    public ServerType ServerType => ServerType.Standalone;

    public Version Version => Connection.Interactive.Connection?.ServerVersion ?? Connection.Options.DefaultVersion;

    public Task<KeyValuePair<string, string>[]> ConfigGetAsync(RedisValue pattern = default, CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, Admin("CONFIG"), ["GET", pattern.IsNullOrEmpty ? "*" : pattern], ReplyReaders.Settings, flags, []);

    public Task ConfigSetAsync(RedisValue setting, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, Admin("CONFIG"), ["SET", setting, value], ReplyReaders.Ok, flags);

    public Task<long> DatabaseSizeAsync(int database = -1, CommandFlags flags = CommandFlags.None) =>
        SendAsync(Or(database), "DBSIZE", [], ReplyReaders.Int64, flags);

    public Task<RedisValue> EchoAsync(RedisValue message, CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, "ECHO", [message], ReplyReaders.Value, flags);

    public Task FlushAllDatabasesAsync(CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, Admin("FLUSHALL"), [], ReplyReaders.Ok, flags);

    public Task FlushDatabaseAsync(int database = -1, CommandFlags flags = CommandFlags.None) =>
        SendAsync(Or(database), Admin("FLUSHDB"), [], ReplyReaders.Ok, flags);

    public async Task<IGrouping<string, KeyValuePair<string, string>>[]> InfoAsync(
        RedisValue section = default, CommandFlags flags = CommandFlags.None)
    {
        var lines = (await InfoRawAsync(section, flags) ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var category = "miscellaneous";
        var settings = new List<(string Category, KeyValuePair<string, string> Setting)>();
        foreach (var line in lines)
        {
            if (line.StartsWith('#')) category = line[1..].Trim();
            else if (line.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon) settings.Add((category, new(line[..colon], line[(colon + 1)..])));
        }

        return [.. settings.GroupBy(each => each.Category, each => each.Setting)];
    }

    public Task<string?> InfoRawAsync(RedisValue section = default, CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, Admin("INFO"), section.IsNullOrEmpty ? [] : [section], ReplyReaders.Text, flags);

    public IAsyncEnumerable<RedisKey> KeysAsync(
        int database = -1,
        RedisValue pattern = default,
        int pageSize = 250,
        long cursor = 0,
        int pageOffset = 0,
        CommandFlags flags = CommandFlags.None) =>
        new RedisServer(Connection, EndPoint, Or(database)).ScanAsync(
            "SCAN",
            [],
            pattern,
            pageSize,
            cursor,
            pageOffset,
            static (in RespReply reply) => Array.ConvertAll(reply.Items, item => (RedisKey)(byte[]?)item.Value),
            flags);

    public async Task<bool> ScriptExistsAsync(string script, CommandFlags flags = CommandFlags.None) =>
        await SendAsync(-1, "SCRIPT", ["EXISTS", RedisDatabase.Hash(script)], ReplyReaders.Booleans, flags, [false]) is [true];

    public Task ScriptFlushAsync(CommandFlags flags = CommandFlags.None) => SendAsync(-1, Admin("SCRIPT"), ["FLUSH"], ReplyReaders.Ok, flags);

    public Task<byte[]> ScriptLoadAsync(string script, CommandFlags flags = CommandFlags.None) =>
        SendAsync(-1, "SCRIPT", ["LOAD", script], ReplyReaders.Sha1, flags, []);

    public Task<DateTime> TimeAsync(CommandFlags flags = CommandFlags.None) => SendAsync(-1, "TIME", [], ReplyReaders.ServerTime, flags);

    private int Or(int database) => database < 0 ? Database : database;

    private string Admin(string command) => Connection.Options.AllowAdmin
        ? command
        : throw new RedisCommandException("This operation is not available unless admin mode is enabled: " + command);
}
