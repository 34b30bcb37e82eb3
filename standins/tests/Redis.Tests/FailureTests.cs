using Loomflow.Testing;
using StackExchange.Redis;

namespace Redis.Tests;

/// <summary>Servers that die, hang, refuse and come back. Each test has a server of its own.</summary>
public class FailureTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task ServerRestarts_ConnectionComesBackWithItsSubscriptionsScriptsAndDatabase(string protocol)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { AppendOnly = true });
        await using var connection = await ConnectAsync(server, $"protocol={protocol},defaultDatabase=5,asyncTimeout=30000");
        var failed = new TaskCompletionSource<ConnectionFailedEventArgs>();
        var restored = new TaskCompletionSource();
        connection.ConnectionFailed += (_, arguments) =>
        {
            // With RESP2 there are two connections, which do not notice at the same moment.
            if (arguments.ConnectionType == ConnectionType.Interactive) failed.TrySetResult(arguments);
        };
        connection.ConnectionRestored += (_, arguments) =>
        {
            if (arguments.ConnectionType == ConnectionType.Interactive) restored.TrySetResult();
        };
        var database = connection.GetDatabase();
        var queue = await connection.GetSubscriber().SubscribeAsync(RedisChannel.Literal("wake"));
        const string script = "return redis.call('INCR', KEYS[1])";
        await database.ScriptEvaluateAsync(script, ["n"]);
        await database.ScriptEvaluateAsync(script, ["n"]);

        await server.KillAsync();
        (await failed.Task.WaitAsync(s_patience, Cancellation)).FailureType.ShouldBeOneOf(ConnectionFailureType.SocketClosed, ConnectionFailureType.SocketFailure);
        var queued = database.StringSetAsync("queued", 1);
        await server.RestartAsync();
        await restored.Task.WaitAsync(s_patience, Cancellation);

        (await queued.WaitAsync(s_patience, Cancellation)).ShouldBeTrue();
        ((int)await database.ScriptEvaluateAsync(script, ["n"])).ShouldBe(3);
        ((int)await connection.GetDatabase(5).StringGetAsync("n")).ShouldBe(3);
        while (await connection.GetSubscriber().PublishAsync(RedisChannel.Literal("wake"), "again") == 0) await Task.Yield();
        (await queue.ReadAsync(Cancellation).AsTask().WaitAsync(s_patience, Cancellation)).Message.ToString().ShouldBe("again");
    }

    [Fact]
    public async Task ServerDies_ACommandThatWasSentFails_AndIsNotSentAgain()
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { AppendOnly = true });
        await using var connection = await ConnectAsync(server, "asyncTimeout=30000");
        await using var observer = await ConnectAsync(server, "allowAdmin=true");
        var database = connection.GetDatabase();
        await database.StringSetAsync("n", 0);
        await observer.GetDatabase().ExecuteAsync("CLIENT", "PAUSE", 60_000, "WRITE");
        var sent = database.StringIncrementAsync("n");
        while (!(await observer.GetServers().Single().InfoRawAsync("clients"))!.Contains("blocked_clients:1", StringComparison.Ordinal))
            Cancellation.ThrowIfCancellationRequested();

        await server.KillAsync();
        var error = await Should.ThrowAsync<RedisConnectionException>(() => sent.WaitAsync(s_patience, Cancellation));
        error.CommandStatus.ShouldBe(CommandStatus.Unknown);
        await server.RestartAsync();
        ((int)await database.StringGetAsync("n")).ShouldBe(0);
    }

    [Fact]
    public async Task ServerHangs_CommandsTimeOut_AndLaterRepliesFindTheirOwnCommands()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await ConnectAsync(server, "asyncTimeout=1500,syncTimeout=1500");
        var database = connection.GetDatabase();
        await database.StringSetAsync("a", "A");
        server.Pause();
        var late = Enumerable.Range(0, 10).Select(_ => database.StringGetAsync("a")).ToArray();
        foreach (var command in late) await Should.ThrowAsync<RedisTimeoutException>(() => command.WaitAsync(s_patience, Cancellation));
        Should.Throw<TimeoutException>(() => database.StringGet("a"));
        server.Resume();
        await UntilAnsweredAsync(database);
        (await Task.WhenAll(Enumerable.Range(0, 100).Select(number => database.StringSetAndGetAsync($"k{number}", number)))).ShouldAllBe(value => value.IsNull);
        for (var number = 0; number < 100; number++) ((int)await database.StringGetAsync($"k{number}")).ShouldBe(number);
    }

    [Fact]
    public async Task FailFast_WithoutAConnection_FailsAtOnce()
    {
        var options = ConfigurationOptions.Parse($"127.0.0.1:{FreePort.Next()},abortConnect=false,connectTimeout=1000,connectRetry=1");
        options.BacklogPolicy = BacklogPolicy.FailFast;
        await using var connection = await ConnectionMultiplexer.ConnectAsync(options);
        connection.IsConnected.ShouldBeFalse();
        var error = await Should.ThrowAsync<RedisConnectionException>(() => connection.GetDatabase().StringGetAsync("a"));
        error.FailureType.ShouldBe(ConnectionFailureType.UnableToResolvePhysicalConnection);
    }

    [Fact]
    public async Task Connect_NobodyThere_ThrowsUnlessToldToGoOn()
    {
        var port = FreePort.Next();
        var error = await Should.ThrowAsync<RedisConnectionException>(() => ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},connectTimeout=1000,connectRetry=1"));
        error.Message.ShouldStartWith("It was not possible to connect to the redis server(s)");
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},connectTimeout=1000,connectRetry=1,abortConnect=false,asyncTimeout=1000");
        await Should.ThrowAsync<RedisConnectionException>(() => connection.GetDatabase().StringGetAsync("a").WaitAsync(s_patience, Cancellation));
    }

    [Theory]
    [InlineData("resp2")]
    [InlineData("resp3")]
    public async Task Password_RightAndWrong(string protocol)
    {
        await using var server = await RedisServer.StartAsync(new RedisServerOptions { Password = "s3cret" });
        await using var connection = await ConnectAsync(server, $"protocol={protocol}");
        await connection.GetDatabase().StringSetAsync("a", 1);
        foreach (var wrong in (string[])["", ",password=wrong"])
        {
            var error = await Should.ThrowAsync<RedisConnectionException>(
                () => ConnectionMultiplexer.ConnectAsync($"{server.Endpoint},protocol={protocol},connectRetry=1{wrong}"));
            error.FailureType.ShouldBe(ConnectionFailureType.AuthenticationFailure);
        }
    }

    [Fact]
    public async Task AclUser_MayDoWhatItMayAndNothingElse()
    {
        await using var server = await RedisServer.StartAsync();
        await using var admin = await ConnectAsync(server, "");
        await admin.GetDatabase().ExecuteAsync("ACL", "SETUSER", "worker", "on", ">pw", "~w:*", "&*", "+@all", "-@dangerous");
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Endpoint},user=worker,password=pw");
        (await connection.GetDatabase().StringSetAsync("w:1", 1)).ShouldBeTrue();
        (await Should.ThrowAsync<RedisServerException>(() => connection.GetDatabase().StringSetAsync("x", 1))).Message.ShouldStartWith("NOPERM");
    }

    [Fact]
    public async Task Dispose_EndsEverything()
    {
        await using var server = await RedisServer.StartAsync();
        var connection = await ConnectAsync(server, "asyncTimeout=2000");
        var database = connection.GetDatabase();
        server.Pause();
        var waiting = database.StringGetAsync("a");
        await connection.CloseAsync(allowCommandsToComplete: false);
        // As a cancelled task or as a failed one: which, is left open.
        await waiting.ContinueWith(static _ => { }, TaskScheduler.Default).WaitAsync(s_patience, Cancellation);
        waiting.IsCompletedSuccessfully.ShouldBeFalse();
        await connection.DisposeAsync();
        await Should.ThrowAsync<ObjectDisposedException>(() => database.StringGetAsync("a"));
        connection.IsConnected.ShouldBeFalse();
    }

    [Fact]
    public async Task Dispose_WithoutAConnection_EndsWhatIsQueued()
    {
        var connection = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{FreePort.Next()},abortConnect=false,connectTimeout=1000,connectRetry=1,asyncTimeout=60000");
        var queued = connection.GetDatabase().StringGetAsync("a");
        await connection.CloseAsync(allowCommandsToComplete: false);
        await Should.ThrowAsync<ObjectDisposedException>(() => queued.WaitAsync(s_patience, Cancellation));
    }

    [Fact]
    public async Task Admin_NotAllowed_ThrowsBeforeAnythingIsSent()
    {
        await using var server = await RedisServer.StartAsync();
        await using var connection = await ConnectAsync(server, "");
        await Should.ThrowAsync<RedisCommandException>(() => connection.GetServers().Single().FlushDatabaseAsync());
        await Should.ThrowAsync<RedisCommandException>(() => connection.GetServers().Single().InfoAsync());
        await using var admin = await ConnectAsync(server, "allowAdmin=true");
        await admin.GetServers().Single().ConfigSetAsync("maxmemory-policy", "noeviction");
        (await admin.GetServers().Single().ConfigGetAsync("maxmemory-policy")).Single().Value.ShouldBe("noeviction");
    }

    private static Task<ConnectionMultiplexer> ConnectAsync(RedisServer server, string options) => ConnectionMultiplexer.ConnectAsync(
        $"{server.ConnectionString},{options}", configured => configured.ReconnectRetryPolicy = new LinearRetry(50));

    private static async Task UntilAnsweredAsync(IDatabase database)
    {
        while (true)
        {
            try
            {
                await database.PingAsync();
                return;
            }
            catch (RedisTimeoutException)
            {
                Cancellation.ThrowIfCancellationRequested();
            }
        }
    }
}
