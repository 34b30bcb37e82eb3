using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2ScriptAndTransactionTests(RedisFixture fixture) : ScriptAndTransactionTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3ScriptAndTransactionTests(RedisFixture fixture) : ScriptAndTransactionTests(fixture, RedisProtocol.Resp3);

public abstract class ScriptAndTransactionTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    [Fact]
    public async Task Script_KeysAndValues_AreSeenAndResultsConvert()
    {
        var key = NewKey();
        const string script = "redis.call('SET', KEYS[1], ARGV[1]) return {1, 'two', false, {3, 'four'}, redis.call('GET', KEYS[1])}";
        var result = await Database.ScriptEvaluateAsync(script, [key], ["value"]);
        result.Length.ShouldBe(5);
        ((int)result[0]).ShouldBe(1);
        ((string?)result[1]).ShouldBe("two");
        result[2].IsNull.ShouldBeTrue();
        ((string[]?)result[3]).ShouldBe(["3", "four"]);
        ((string?)result[4]).ShouldBe("value");
        ((RedisResult[]?)result)!.Length.ShouldBe(5);
    }

    [Fact]
    public async Task Script_FlushedFromTheServer_RunsAllTheSame()
    {
        var key = NewKey();
        var script = $"return redis.call('INCR', KEYS[1]) -- {Guid.NewGuid()}";
        ((int)await Database.ScriptEvaluateAsync(script, [key])).ShouldBe(1);
        ((int)await Database.ScriptEvaluateAsync(script, [key])).ShouldBe(2);
        await Database.ExecuteAsync("SCRIPT", "FLUSH");
        ((int)await Database.ScriptEvaluateAsync(script, [key])).ShouldBe(3);
        var hash = await Connection.GetServers().Single().ScriptLoadAsync(script);
        ((int)await Database.ScriptEvaluateAsync(hash, [key])).ShouldBe(4);
    }

    [Fact]
    public async Task Script_ThatFails_ThrowsWithItsMessage()
    {
        var error = await Should.ThrowAsync<RedisServerException>(() => Database.ScriptEvaluateAsync("return redis.error_reply('FENCED epoch 3')"));
        error.Message.ShouldStartWith("FENCED epoch 3");
    }

    [Fact]
    public async Task Execute_AnyCommand_GivesItsReply()
    {
        var key = NewKey();
        ((string?)await Database.ExecuteAsync("SET", key, 5)).ShouldBe("OK");
        ((int)await Database.ExecuteAsync("STRLEN", [key])).ShouldBe(1);
        (await Database.ExecuteAsync("GET", NewKey())).IsNull.ShouldBeTrue();
        (await Should.ThrowAsync<RedisServerException>(() => Database.ExecuteAsync("NOSUCH"))).Message.ShouldContain("unknown command");
        await Database.HashSetAsync(NewKey("h"), [new("a", 1)]);
    }

    [Fact]
    public async Task Execute_OfASelect_LeadsNoOtherCommandElsewhere()
    {
        var key = NewKey();
        await Database.ExecuteAsync("SELECT", 7);
        await Database.StringSetAsync(key, 1);
        (await Database.Multiplexer.GetDatabase(7).KeyExistsAsync(key)).ShouldBeFalse();

        var transaction = Database.CreateTransaction();
        var selected = transaction.ExecuteAsync("SELECT", 7);
        (await transaction.ExecuteAsync()).ShouldBeTrue();
        ((string?)await selected).ShouldBe("OK");
        (await Database.KeyExistsAsync(key)).ShouldBeTrue();
    }

    [Fact]
    public async Task Transaction_WithoutConditions_ExecutesAllAndTasksCarryTheirReplies()
    {
        var key = NewKey();
        var transaction = Database.CreateTransaction();
        var first = transaction.StringSetAsync(key, 1);
        var second = transaction.StringIncrementAsync(key);
        var failing = transaction.HashGetAllAsync(key);
        first.IsCompleted.ShouldBeFalse();
        (await transaction.ExecuteAsync()).ShouldBeTrue();
        (await first).ShouldBeTrue();
        (await second).ShouldBe(2);
        await Should.ThrowAsync<RedisServerException>(() => failing);
    }

    [Fact]
    public async Task Transaction_AfterAnotherDatabase_ExecutesInItsOwn()
    {
        var key = NewKey();
        for (var number = 1; number < 4; number++)
        {
            await Connection.GetDatabase(number + 1).StringSetAsync(key, 0);
            var transaction = Connection.GetDatabase(number).CreateTransaction();
            var set = transaction.StringIncrementAsync(key, 5 + number);
            (await transaction.ExecuteAsync()).ShouldBeTrue();
            (await set).ShouldBe(5 + number);
        }
    }

    [Fact]
    public async Task Transaction_ConditionHolds_Executes()
    {
        var key = NewKey();
        await Database.HashSetAsync(key, [new("owner", "w1"), new("epoch", 3)]);
        var transaction = Database.CreateTransaction();
        var owner = transaction.AddCondition(Condition.HashEqual(key, "owner", "w1"));
        var epoch = transaction.AddCondition(Condition.HashNotEqual(key, "epoch", 4));
        var increment = transaction.HashIncrementAsync(key, "epoch");
        (await transaction.ExecuteAsync()).ShouldBeTrue();
        (owner.WasSatisfied, epoch.WasSatisfied, await increment).ShouldBe((true, true, 4L));
    }

    [Fact]
    public async Task Transaction_ConditionDoesNotHold_ChangesNothingAndCancels()
    {
        var key = NewKey();
        await Database.StringSetAsync(key, "other");
        var transaction = Database.CreateTransaction();
        var exists = transaction.AddCondition(Condition.KeyExists(key));
        var equal = transaction.AddCondition(Condition.StringEqual(key, "mine"));
        var set = transaction.StringSetAsync(key, "changed");
        (await transaction.ExecuteAsync()).ShouldBeFalse();
        (exists.WasSatisfied, equal.WasSatisfied).ShouldBe((true, false));
        await Should.ThrowAsync<TaskCanceledException>(() => set);
        ((string?)await Database.StringGetAsync(key)).ShouldBe("other");
    }

    [Fact]
    public async Task Transaction_ConditionsOfEveryKind()
    {
        var tag = $"{{{Guid.NewGuid():N}}}";
        RedisKey list = tag + "l", set = tag + "s", sorted = tag + "z", text = tag + "t", stream = tag + "x";
        await Database.ListRightPushAsync(list, ["a", "b"]);
        await Database.SetAddAsync(set, "a");
        await Database.SortedSetAddAsync(sorted, "a", 1.5);
        await Database.StringSetAsync(text, "abc");
        await Database.StreamAddAsync(stream, "a", 1);
        var transaction = Database.CreateTransaction();
        ConditionResult[] hold =
        [
            .. new[]
            {
                Condition.ListIndexEqual(list, 1, "b"), Condition.ListLengthEqual(list, 2), Condition.ListIndexNotExists(list, 5),
                Condition.SetContains(set, "a"), Condition.SetNotContains(set, "b"), Condition.SetLengthGreaterThan(set, 0),
                Condition.SortedSetContains(sorted, "a"), Condition.SortedSetEqual(sorted, "a", 1.5), Condition.SortedSetLengthLessThan(sorted, 2),
                Condition.StringLengthEqual(text, 3), Condition.StreamLengthEqual(stream, 1), Condition.KeyNotExists(tag + "none"),
                Condition.HashNotExists(tag + "h", "f"), Condition.HashLengthEqual(tag + "h", 0),
            }.Select(transaction.AddCondition),
        ];
        (await transaction.ExecuteAsync()).ShouldBeTrue();
        hold.ShouldAllBe(result => result.WasSatisfied);
    }

    [Fact]
    public async Task Transactions_CompareAndSetByManyCallers_NoUpdateIsLost()
    {
        var key = NewKey();
        await Database.StringSetAsync(key, 0);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
        {
            while (true)
            {
                var current = await Database.StringGetAsync(key);
                var transaction = Database.CreateTransaction();
                transaction.AddCondition(Condition.StringEqual(key, current));
                var update = transaction.StringSetAsync(key, (int)current + 1);
                if (await transaction.ExecuteAsync()) return;
                await update.ContinueWith(_ => { }, TaskContinuationOptions.OnlyOnCanceled);
            }
        }));
        ((int)await Database.StringGetAsync(key)).ShouldBe(20);
    }

    [Fact]
    public async Task Transaction_WithACommandThatTheServerRefuses_FailsAltogether()
    {
        var key = NewKey();
        var transaction = Database.CreateTransaction();
        var set = transaction.StringSetAsync(key, 1);
        var refused = transaction.ExecuteAsync("GET");
        await Should.ThrowAsync<RedisServerException>(() => transaction.ExecuteAsync());
        await Should.ThrowAsync<RedisServerException>(() => set);
        await Should.ThrowAsync<RedisServerException>(() => refused);
        (await Database.KeyExistsAsync(key)).ShouldBeFalse();
    }

    [Fact]
    public async Task Batch_Execute_SendsWhatWasCollected()
    {
        var key = NewKey();
        var batch = Database.CreateBatch();
        var replies = Enumerable.Range(0, 100).Select(_ => batch.StringIncrementAsync(key)).ToArray();
        (await Database.KeyExistsAsync(key)).ShouldBeFalse();
        batch.Execute();
        (await Task.WhenAll(replies)).ShouldBe(Enumerable.Range(1, 100).Select(number => (long)number));
    }
}
