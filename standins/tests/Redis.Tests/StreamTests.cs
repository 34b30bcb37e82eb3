using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2StreamTests(RedisFixture fixture) : StreamTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3StreamTests(RedisFixture fixture) : StreamTests(fixture, RedisProtocol.Resp3);

public abstract class StreamTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    [Fact]
    public async Task Add_ExplicitIds_AreKeptAndMustGrow()
    {
        var key = NewKey();
        (await Database.StreamAddAsync(key, "type", "started", "1-0")).ToString().ShouldBe("1-0");
        (await Database.StreamAddAsync(key, [new("type", "completed"), new("node", "classify")], "2-0")).ToString().ShouldBe("2-0");
        (await Should.ThrowAsync<RedisServerException>(() => Database.StreamAddAsync(key, "type", "late", "2-0"))).Message.ShouldContain("equal or smaller");
        (await Database.StreamLengthAsync(key)).ShouldBe(2);

        var entries = await Database.StreamRangeAsync(key);
        entries.Select(entry => (string)entry.Id!).ShouldBe(["1-0", "2-0"]);
        ((string?)entries[1]["node"]).ShouldBe("classify");
        entries[1]["missing"].IsNull.ShouldBeTrue();
        (await Database.StreamRangeAsync(key, "2-0", "+", 1, Order.Descending)).Single().Id.ToString().ShouldBe("2-0");
    }

    [Fact]
    public async Task Read_AfterAPosition_GivesWhatFollows()
    {
        var (first, second) = (NewKey(), NewKey());
        await Database.StreamAddAsync(first, "n", 1, "1-1");
        await Database.StreamAddAsync(first, "n", 2, "1-2");
        (await Database.StreamReadAsync(first, "1-1")).Single()["n"].ShouldBe(2);
        (await Database.StreamReadAsync(first, "1-2")).ShouldBeEmpty();
        (await Database.StreamReadAsync(first, StreamPosition.Beginning, 1)).Single().Id.ToString().ShouldBe("1-1");
        await Database.StreamAddAsync(second, "n", 3, "9-9");
        var streams = await Database.StreamReadAsync([new(first, "0-0"), new(second, "0-0")]);
        streams.Select(stream => (stream.Key, stream.Entries.Length)).ShouldBe([(first, 2), (second, 1)]);
    }

    [Fact]
    public async Task Trim_ByLengthAndByMinimum()
    {
        var key = NewKey();
        for (var number = 1; number <= 10; number++) await Database.StreamAddAsync(key, "n", number, $"{number}-0", maxLength: 8);
        (await Database.StreamLengthAsync(key)).ShouldBe(8);
        (await Database.StreamTrimAsync(key, 5)).ShouldBe(3);
        (await Database.StreamTrimByMinIdAsync(key, "8-0")).ShouldBe(2);
        (await Database.StreamDeleteAsync(key, ["9-0", "77-0"])).ShouldBe(1);
        await Database.StreamAddAsync(key, "n", 11, "11-0", maxLength: 1_000, useApproximateMaxLength: true);
        var info = await Database.StreamInfoAsync(key);
        info.Length.ShouldBe(3);
        info.FirstEntry.Id.ToString().ShouldBe("8-0");
        info.LastGeneratedId.ToString().ShouldBe("11-0");
    }

    [Fact]
    public async Task Group_ReadPendingAcknowledge()
    {
        var key = NewKey();
        (await Database.StreamCreateConsumerGroupAsync(key, "g", StreamPosition.Beginning)).ShouldBeTrue();
        (await Should.ThrowAsync<RedisServerException>(() => Database.StreamCreateConsumerGroupAsync(key, "g"))).Message.ShouldStartWith("BUSYGROUP");
        for (var number = 1; number <= 3; number++) await Database.StreamAddAsync(key, "run", number, $"{number}-0");

        (await Database.StreamReadGroupAsync(key, "g", "one", count: 2)).Select(entry => (string)entry.Id!).ShouldBe(["1-0", "2-0"]);
        (await Database.StreamReadGroupAsync(key, "g", "two", StreamPosition.NewMessages)).Single().Id.ToString().ShouldBe("3-0");
        (await Database.StreamReadGroupAsync(key, "g", "two")).ShouldBeEmpty();
        (await Database.StreamReadGroupAsync(key, "g", "one", StreamPosition.Beginning)).Length.ShouldBe(2);

        var pending = await Database.StreamPendingAsync(key, "g");
        pending.PendingMessageCount.ShouldBe(3);
        pending.LowestPendingMessageId.ToString().ShouldBe("1-0");
        pending.Consumers.ToDictionary(consumer => (string)consumer.Name!, consumer => consumer.PendingMessageCount)
            .ShouldBe(new Dictionary<string, int> { ["one"] = 2, ["two"] = 1 }, ignoreOrder: true);
        (await Database.StreamAcknowledgeAsync(key, "g", ["1-0", "3-0"])).ShouldBe(2);
        var left = (await Database.StreamPendingMessagesAsync(key, "g", 10, RedisValue.Null)).Single();
        (left.MessageId.ToString(), left.ConsumerName.ToString(), left.DeliveryCount).ShouldBe(("2-0", "one", 2));
        (await Database.StreamPendingAsync(NewKeyWithGroup(), "none")).PendingMessageCount.ShouldBe(0);

        RedisKey NewKeyWithGroup()
        {
            var empty = NewKey();
            Database.StreamCreateConsumerGroup(empty, "none");
            return empty;
        }
    }

    [Fact]
    public async Task Group_ClaimsWorkOfTheDead()
    {
        var key = NewKey();
        await Database.StreamCreateConsumerGroupAsync(key, "g");
        for (var number = 1; number <= 4; number++) await Database.StreamAddAsync(key, "run", number, $"{number}-0");
        await Database.StreamReadGroupAsync(key, "g", "dead");

        (await Database.StreamClaimAsync(key, "g", "heir", 0, ["1-0"])).Single()["run"].ShouldBe(1);
        (await Database.StreamClaimIdsOnlyAsync(key, "g", "heir", 0, ["2-0"])).ShouldBe(["2-0"]);
        (await Database.StreamClaimAsync(key, "g", "heir", 3_600_000, ["3-0"])).ShouldBeEmpty();
        await Database.StreamDeleteAsync(key, ["3-0"]);
        var claimed = await Database.StreamAutoClaimAsync(key, "g", "heir", 0, "0-0", 10);
        claimed.ClaimedEntries.Select(entry => (string)entry.Id!).ShouldBe(["1-0", "2-0", "4-0"]);
        claimed.DeletedIds.ShouldBe(["3-0"]);
        claimed.NextStartId.ToString().ShouldBe("0-0");
        (await Database.StreamAutoClaimIdsOnlyAsync(key, "g", "heir", 0, "4-0")).ClaimedIds.ShouldBe(["4-0"]);

        (await Database.StreamConsumerInfoAsync(key, "g")).Single(consumer => consumer.Name == "heir").PendingMessageCount.ShouldBe(3);
        var group = (await Database.StreamGroupInfoAsync(key)).Single();
        (group.Name, group.ConsumerCount, group.PendingMessageCount, group.LastDeliveredId).ShouldBe(("g", 2, 3, "4-0"));
        (await Database.StreamDeleteConsumerAsync(key, "g", "heir")).ShouldBe(3);
        (await Database.StreamConsumerGroupSetPositionAsync(key, "g", "0-0")).ShouldBeTrue();
        (await Database.StreamReadGroupAsync(key, "g", "again", noAck: true)).Length.ShouldBe(3);
        (await Database.StreamDeleteConsumerGroupAsync(key, "g")).ShouldBeTrue();
    }
}
