using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2CollectionTests(RedisFixture fixture) : CollectionTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3CollectionTests(RedisFixture fixture) : CollectionTests(fixture, RedisProtocol.Resp3);

public abstract class CollectionTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    [Fact]
    public async Task Hash_FieldsAreSetReadCountedAndDeleted()
    {
        var key = NewKey();
        (await Database.HashSetAsync(key, "name", "worker-1")).ShouldBeTrue();
        (await Database.HashSetAsync(key, "name", "worker-2")).ShouldBeFalse();
        (await Database.HashSetAsync(key, "name", "x", When.NotExists)).ShouldBeFalse();
        await Database.HashSetAsync(key, [new("capacity", 8), new("load", 0.25)]);
        (await Database.HashGetAsync(key, ["name", "missing", "capacity"])).ShouldBe(["worker-2", RedisValue.Null, 8]);
        (await Database.HashGetAllAsync(key)).ToDictionary(entry => (string)entry.Name!, entry => (string)entry.Value!)
            .ShouldBe(new Dictionary<string, string> { ["name"] = "worker-2", ["capacity"] = "8", ["load"] = "0.25" }, ignoreOrder: true);
        (await Database.HashIncrementAsync(key, "capacity", 2)).ShouldBe(10);
        (await Database.HashIncrementAsync(key, "load", 0.5)).ShouldBe(0.75);
        (await Database.HashLengthAsync(key)).ShouldBe(3);
        (await Database.HashExistsAsync(key, "load")).ShouldBeTrue();
        (await Database.HashKeysAsync(key)).Length.ShouldBe(3);
        (await Database.HashValuesAsync(key)).ShouldContain((RedisValue)10);
        (await Database.HashDeleteAsync(key, ["load", "missing"])).ShouldBe(1);
        (await Database.HashGetAllAsync(NewKey())).ShouldBeEmpty();
    }

    [Fact]
    public async Task Scans_ManyItems_GiveEach()
    {
        var (hash, set, sorted) = (NewKey("hash"), NewKey("set"), NewKey("sorted"));
        var numbers = Enumerable.Range(0, 2_000).ToArray();
        await Database.HashSetAsync(hash, [.. numbers.Select(number => new HashEntry($"f{number}", number))]);
        await Database.SetAddAsync(set, [.. numbers.Select(number => (RedisValue)number)]);
        await Database.SortedSetAddAsync(sorted, [.. numbers.Select(number => new SortedSetEntry($"m{number}", number))]);
        (await Database.HashScanAsync(hash, pageSize: 100).Select(entry => (int)entry.Value).Distinct().CountAsync(Cancellation)).ShouldBe(2_000);
        (await Database.HashScanAsync(hash, "f199?", pageSize: 100).Select(entry => (int)entry.Value).Distinct().CountAsync(Cancellation)).ShouldBe(10);
        (await Database.SetScanAsync(set).Select(value => (int)value).Distinct().CountAsync(Cancellation)).ShouldBe(2_000);
        (await Database.SortedSetScanAsync(sorted).Select(entry => entry.Score).Distinct().CountAsync(Cancellation)).ShouldBe(2_000);
    }

    [Fact]
    public async Task List_PushPopRangeTrim()
    {
        var key = NewKey();
        (await Database.ListRightPushAsync(key, ["a", "b", "c"])).ShouldBe(3);
        (await Database.ListLeftPushAsync(key, "z")).ShouldBe(4);
        (await Database.ListRangeAsync(key)).ShouldBe(["z", "a", "b", "c"]);
        ((string?)await Database.ListLeftPopAsync(key)).ShouldBe("z");
        (await Database.ListRightPopAsync(key, 2)).ShouldBe(["c", "b"]);
        (await Database.ListRemoveAsync(key, "a")).ShouldBe(1);
        (await Database.ListLengthAsync(key)).ShouldBe(0);
        (await Database.ListLeftPopAsync(key)).IsNull.ShouldBeTrue();
    }

    [Fact]
    public async Task Set_MembersAndCombinations()
    {
        var (first, second) = ((RedisKey)$"{{s{Guid.NewGuid():N}}}1", default(RedisKey));
        second = ((string)first!)[..^1] + "2";
        (await Database.SetAddAsync(first, ["a", "b", "c", "a"])).ShouldBe(3);
        (await Database.SetAddAsync(second, ["b", "c", "d"])).ShouldBe(3);
        (await Database.SetContainsAsync(first, "a")).ShouldBeTrue();
        (await Database.SetContainsAsync(first, ["a", "d"])).ShouldBe([true, false]);
        (await Database.SetCombineAsync(SetOperation.Intersect, first, second)).ShouldBe(["b", "c"], ignoreOrder: true);
        (await Database.SetCombineAsync(SetOperation.Difference, first, second)).ShouldBe(["a"]);
        (await Database.SetCombineAsync(SetOperation.Union, [first, second])).Length.ShouldBe(4);
        (await Database.SetMoveAsync(first, second, "a")).ShouldBeTrue();
        (await Database.SetRemoveAsync(second, ["a", "zz"])).ShouldBe(1);
        (await Database.SetMembersAsync(second)).ShouldBe(["b", "c", "d"], ignoreOrder: true);
        (await Database.SetLengthAsync(first)).ShouldBe(2);
    }

    [Fact]
    public async Task SortedSet_RangesByRankScoreAndValue()
    {
        var key = NewKey();
        (await Database.SortedSetAddAsync(key, [new("a", 1), new("b", 2), new("c", 3), new("d", 4.5)])).ShouldBe(4);
        (await Database.SortedSetRangeByRankAsync(key, 0, 1)).ShouldBe(["a", "b"]);
        (await Database.SortedSetRangeByRankAsync(key, 0, 1, Order.Descending)).ShouldBe(["d", "c"]);
        (await Database.SortedSetRangeByRankWithScoresAsync(key, -1)).ShouldBe([new SortedSetEntry("d", 4.5)]);
        (await Database.SortedSetRangeByScoreAsync(key, 2, 3)).ShouldBe(["b", "c"]);
        (await Database.SortedSetRangeByScoreAsync(key, 2, 4.5, Exclude.Start)).ShouldBe(["c", "d"]);
        (await Database.SortedSetRangeByScoreAsync(key, 1, 3, Exclude.Stop, Order.Descending)).ShouldBe(["b", "a"]);
        (await Database.SortedSetRangeByScoreAsync(key, skip: 1, take: 2)).ShouldBe(["b", "c"]);
        (await Database.SortedSetRangeByScoreWithScoresAsync(key, double.NegativeInfinity, 1)).ShouldBe([new SortedSetEntry("a", 1)]);
        (await Database.SortedSetRankAsync(key, "c")).ShouldBe(2);
        (await Database.SortedSetRankAsync(key, "missing")).ShouldBeNull();
        (await Database.SortedSetScoreAsync(key, "d")).ShouldBe(4.5);
        (await Database.SortedSetScoreAsync(key, "missing")).ShouldBeNull();
        (await Database.SortedSetScoresAsync(key, ["a", "missing"])).ShouldBe([1d, null]);
        (await Database.SortedSetLengthAsync(key, 2, 4.5, Exclude.Stop)).ShouldBe(2);
        (await Database.SortedSetRemoveRangeByScoreAsync(key, double.NegativeInfinity, 2)).ShouldBe(2);

        var words = NewKey("words");
        await Database.SortedSetAddAsync(words, [new("ant", 0), new("bee", 0), new("cat", 0)]);
        (await Database.SortedSetRangeByValueAsync(words, "b")).ShouldBe(["bee", "cat"]);
        (await Database.SortedSetRangeByValueAsync(words, "ant", "cat", Exclude.Both)).ShouldBe(["bee"]);
        (await Database.SortedSetRangeByValueAsync(words, order: Order.Descending)).ShouldBe(["cat", "bee", "ant"]);
    }

    [Fact]
    public async Task SortedSet_AddConditionsIncrementAndPop()
    {
        var key = NewKey();
        (await Database.SortedSetAddAsync(key, "a", 5)).ShouldBeTrue();
        (await Database.SortedSetAddAsync(key, "a", 3, SortedSetWhen.GreaterThan)).ShouldBeFalse();
        (await Database.SortedSetScoreAsync(key, "a")).ShouldBe(5);
        (await Database.SortedSetUpdateAsync(key, "a", 9, SortedSetWhen.GreaterThan)).ShouldBeTrue();
        (await Database.SortedSetAddAsync(key, "b", 1, When.Exists)).ShouldBeFalse();
        (await Database.SortedSetAddAsync(key, "b", 1, When.NotExists)).ShouldBeTrue();
        (await Database.SortedSetIncrementAsync(key, "b", 1.5)).ShouldBe(2.5);
        (await Database.SortedSetPopAsync(key)).ShouldBe(new SortedSetEntry("b", 2.5));
        (await Database.SortedSetPopAsync(key, 5, Order.Descending)).ShouldBe([new SortedSetEntry("a", 9)]);
        (await Database.SortedSetPopAsync(key)).ShouldBeNull();
    }

    [Fact]
    public async Task SortedSet_CombineAndStore()
    {
        var tag = $"{{{Guid.NewGuid():N}}}";
        RedisKey first = tag + 1, second = tag + 2, stored = tag + 3;
        await Database.SortedSetAddAsync(first, [new("a", 1), new("b", 2)]);
        await Database.SortedSetAddAsync(second, [new("b", 10), new("c", 20)]);
        (await Database.SortedSetCombineAndStoreAsync(SetOperation.Union, stored, [first, second], [1, 2])).ShouldBe(3);
        (await Database.SortedSetScoreAsync(stored, "b")).ShouldBe(22);
        (await Database.SortedSetCombineWithScoresAsync(SetOperation.Intersect, [first, second])).ShouldBe([new SortedSetEntry("b", 12)]);
        (await Database.SortedSetRangeAndStoreAsync(stored, first, 2, 22, SortedSetOrder.ByScore, Exclude.Start)).ShouldBe(1);
        (await Database.SortedSetRangeByRankAsync(first)).ShouldBe(["b"]);
    }
}
