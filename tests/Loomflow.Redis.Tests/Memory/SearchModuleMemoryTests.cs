using Loomflow.Redis.Memory;
using Loomflow.Tests.Memory;
using Microsoft.Extensions.AI;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>The suite once more, where the server has the search module.</summary>
public class SearchModuleMemoryTests(MemoryRedis redis) : MemoryConformance, IClassFixture<MemoryRedis>, IAsyncLifetime
{
    private readonly string _prefix = $"test:{Guid.NewGuid():n}";
    private SearchModuleServer _server = null!;
    private ConnectionMultiplexer _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _server = new SearchModuleServer(redis);
        _connection = await ConnectionMultiplexer.ConnectAsync($"{_server.Endpoint},syncTimeout=60000,asyncTimeout=60000");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_connection is not null) await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Mode_IsTheSearchModule_AndRecallAsksIt()
    {
        var memory = Open(new RedisMemoryOptions());
        await memory.RememberAsync(Alice, NewEpisode("tune the piano"), Cancellation);
        (await Inputs(memory, Alice, new RecallQuery("piano"))).ShouldBe(["tune the piano"]);

        memory.Mode.ShouldBe(RecallMode.SearchModule);
        _server.Searches.ShouldBe(2);
    }

    [Fact]
    public async Task Episodes_RememberedWithoutTheModule_AreFoundWithIt()
    {
        var without = Open(new RedisMemoryOptions { UseSearchModule = false });
        await without.RememberAsync(Alice, NewEpisode("tune the piano"), Cancellation);
        (await without.GetModeAsync(Cancellation)).ShouldBe(RecallMode.InProcessIndex);
        _server.Searches.ShouldBe(0);

        (await Inputs(Open(new RedisMemoryOptions()), Alice, new RecallQuery("piano"))).ShouldBe(["tune the piano"]);
    }

    [Fact]
    public async Task Forget_Everything_LeavesNoDocument()
    {
        var memory = Open(new RedisMemoryOptions { Bounds = new MemoryOptions { MaxEpisodes = 2 } });
        for (var i = 0; i < 4; i++) await memory.RememberAsync(Alice, NewEpisode($"soup {i}", session: $"s{i}", age: TimeSpan.FromDays(9 - i)), Cancellation);
        (await DocumentsAsync()).ShouldBe(2);
        await memory.ForgetAsync(Alice, new ForgetScope { SessionId = "s3" }, Cancellation);
        (await DocumentsAsync()).ShouldBe(1);

        await memory.ForgetAsync(Alice, null, Cancellation);

        ((string[])(await redis.Connection.GetDatabase().ExecuteAsync("KEYS", $"{_prefix}*"))!).ShouldBeEmpty();
    }

    [Fact]
    public async Task IdleRetention_UsesTheIndexInProcess() =>
        (await Open(new RedisMemoryOptions { Bounds = new MemoryOptions { IdleRetention = TimeSpan.FromDays(1) } }).GetModeAsync(Cancellation))
            .ShouldBe(RecallMode.InProcessIndex);

    protected override IMemory Open(MemoryOptions? options = null, IEmbeddingGenerator<string, Embedding<float>>? embedder = null) =>
        Open(new RedisMemoryOptions { Bounds = options ?? new MemoryOptions() }, embedder);

    private RedisMemory Open(RedisMemoryOptions options, IEmbeddingGenerator<string, Embedding<float>>? embedder = null) =>
        new(_connection, options with { KeyPrefix = _prefix }, embedder, Time);

    private async Task<int> DocumentsAsync() =>
        ((string[])(await redis.Connection.GetDatabase().ExecuteAsync("KEYS", $"{_prefix}-doc:*"))!).Length;
}
