using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Memory;

public class InMemoryMemoryTests : MemoryConformance
{
    private InMemoryMemory? _memory;

    protected override IMemory Open(MemoryOptions? options = null, IEmbeddingGenerator<string, Embedding<float>>? embedder = null) =>
        _memory ??= new InMemoryMemory(options, embedder, Time);

    [Fact]
    public async Task MaxPartitions_Reached_ThoseNotUsedForLongestMakeRoom()
    {
        var memory = new InMemoryMemory(time: Time, maxPartitions: 2);
        foreach (var user in (string[])["alice", "bob", "carol"])
        {
            await memory.SetBlockAsync(PartitionKey.Named(user), "name", user, Cancellation);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        (await memory.GetBlocksAsync(PartitionKey.Named("carol"), Cancellation)).ShouldHaveSingleItem();
        (await memory.GetBlocksAsync(PartitionKey.Named("bob"), Cancellation)).ShouldHaveSingleItem();
        (await memory.GetBlocksAsync(PartitionKey.Named("alice"), Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task IdleRetention_NothingWrittenForSoLong_EverythingIsGone()
    {
        var memory = new InMemoryMemory(new MemoryOptions { IdleRetention = TimeSpan.FromDays(30) }, time: Time);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("soup"), Cancellation);
        Time.Advance(TimeSpan.FromDays(29));
        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldHaveSingleItem();
        Time.Advance(TimeSpan.FromDays(2));

        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldBeEmpty();
        (await memory.GetBlocksAsync(Alice, Cancellation)).ShouldBeEmpty();
    }
}
