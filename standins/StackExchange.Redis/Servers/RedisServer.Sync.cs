namespace StackExchange.Redis;

// The synchronous forms wait for the asynchronous ones.
internal sealed partial class RedisServer
{
    public KeyValuePair<string, string>[] ConfigGet(RedisValue pattern = default, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ConfigGetAsync(pattern, flags), "CONFIG");

    public void ConfigSet(RedisValue setting, RedisValue value, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ConfigSetAsync(setting, value, flags), "CONFIG");

    public long DatabaseSize(int database = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(DatabaseSizeAsync(database, flags), "DBSIZE");

    public RedisValue Echo(RedisValue message, CommandFlags flags = CommandFlags.None) => Connection.WaitFor(EchoAsync(message, flags), "ECHO");

    public RedisResult Execute(string command, params object[] args) => Connection.WaitFor(ExecuteAsync(command, args), command);

    public RedisResult Execute(string command, ICollection<object> args, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(ExecuteAsync(command, args, flags), command);

    public void FlushAllDatabases(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(FlushAllDatabasesAsync(flags), "FLUSHALL");

    public void FlushDatabase(int database = -1, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(FlushDatabaseAsync(database, flags), "FLUSHDB");

    public IGrouping<string, KeyValuePair<string, string>>[] Info(RedisValue section = default, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(Task.Run(() => InfoAsync(section, flags)), "INFO");

    public string? InfoRaw(RedisValue section = default, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(InfoRawAsync(section, flags), "INFO");

    public bool ScriptExists(string script, CommandFlags flags = CommandFlags.None) =>
        Connection.WaitFor(Task.Run(() => ScriptExistsAsync(script, flags)), "SCRIPT");

    public void ScriptFlush(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(ScriptFlushAsync(flags), "SCRIPT");

    public byte[] ScriptLoad(string script, CommandFlags flags = CommandFlags.None) => Connection.WaitFor(ScriptLoadAsync(script, flags), "SCRIPT");

    public DateTime Time(CommandFlags flags = CommandFlags.None) => Connection.WaitFor(TimeAsync(flags), "TIME");
}
