namespace Loomflow.Tests.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Blocks_WrittenReplacedAndAppended_AreReadInOrderOfFirstWriting()
    {
        var memory = Open();
        await memory.SetBlockAsync(Alice, "persona", "a patient clerk", Cancellation);
        await memory.SetBlockAsync(Alice, "agenda", "refund", Cancellation);
        await memory.SetBlockAsync(Alice, "persona", "a swift clerk", Cancellation);
        await memory.AppendBlockAsync(Alice, "agenda", "invoice", Cancellation);
        await memory.AppendBlockAsync(Alice, "mood", "calm", Cancellation);

        var blocks = await Open().GetBlocksAsync(Alice, Cancellation);

        blocks.Select(block => (block.Name, block.Content)).ShouldBe([("persona", "a swift clerk"), ("agenda", "refund\ninvoice"), ("mood", "calm")]);
        blocks.ShouldAllBe(block => block.UpdatedAt == Time.GetUtcNow());
    }

    [Fact]
    public async Task RemoveBlock_SaysWhetherThereWasOne()
    {
        var memory = Open();
        await memory.SetBlockAsync(Alice, "mood", "calm", Cancellation);

        (await memory.RemoveBlockAsync(Bob, "mood", Cancellation)).ShouldBeFalse();
        (await memory.RemoveBlockAsync(Alice, "mood", Cancellation)).ShouldBeTrue();
        (await memory.RemoveBlockAsync(Alice, "mood", Cancellation)).ShouldBeFalse();
        (await memory.GetBlocksAsync(Alice, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task SetBlock_OneMoreThanMaxBlocks_IsRefusedAndNamesTheOption()
    {
        var memory = Open(new MemoryOptions { MaxBlocks = 2 });
        await memory.SetBlockAsync(Alice, "a", "1", Cancellation);
        await memory.SetBlockAsync(Alice, "b", "1", Cancellation);

        var refusal = await Should.ThrowAsync<MemoryLimitException>(async () => await memory.SetBlockAsync(Alice, "c", "1", Cancellation));

        refusal.Message.ShouldContain("MaxBlocks");
        await memory.SetBlockAsync(Alice, "b", "2", Cancellation);
        await memory.SetBlockAsync(Bob, "c", "1", Cancellation);
    }

    [Fact]
    public async Task AppendBlock_BeyondMaxBlockLength_IsRefusedAndChangesNothing()
    {
        var memory = Open(new MemoryOptions { MaxBlockLength = 7 });
        await memory.SetBlockAsync(Alice, "mood", "größe😀", Cancellation);

        var refusal = await Should.ThrowAsync<MemoryLimitException>(async () => await memory.AppendBlockAsync(Alice, "mood", "!", Cancellation));

        refusal.Message.ShouldContain("MaxBlockLength");
        await Should.ThrowAsync<MemoryLimitException>(async () => await memory.SetBlockAsync(Alice, "mood", "größe😀!", Cancellation));
        (await memory.GetBlocksAsync(Alice, Cancellation)).ShouldHaveSingleItem().Content.ShouldBe("größe😀");
    }

    [Fact]
    public async Task AppendBlock_ByManyAtOnce_KeepsEveryLine()
    {
        var memory = Open();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(line => memory.AppendBlockAsync(Alice, "log", $"line {line}", Cancellation).AsTask()));

        var lines = (await memory.GetBlocksAsync(Alice, Cancellation)).ShouldHaveSingleItem().Content.Split('\n');
        lines.Order().ShouldBe(Enumerable.Range(0, 40).Select(line => $"line {line}").Order());
    }
}
