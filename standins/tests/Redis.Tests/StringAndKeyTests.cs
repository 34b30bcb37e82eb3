using StackExchange.Redis;

namespace Redis.Tests;

public sealed class Resp2StringAndKeyTests(RedisFixture fixture) : StringAndKeyTests(fixture, RedisProtocol.Resp2);

public sealed class Resp3StringAndKeyTests(RedisFixture fixture) : StringAndKeyTests(fixture, RedisProtocol.Resp3);

public abstract class StringAndKeyTests(RedisFixture fixture, RedisProtocol protocol) : DataTests(fixture, protocol)
{
    [Fact]
    public async Task StringSet_Conditions_AreHonoured()
    {
        var key = NewKey();
        (await Database.StringSetAsync(key, "a", when: When.Exists)).ShouldBeFalse();
        (await Database.StringSetAsync(key, "a", when: When.NotExists)).ShouldBeTrue();
        (await Database.StringSetAsync(key, "b", TimeSpan.FromMinutes(1), When.NotExists)).ShouldBeFalse();
        ((string?)await Database.StringGetAsync(key)).ShouldBe("a");
        (await Database.StringSetAsync(key, RedisValue.Null)).ShouldBeTrue();
        (await Database.KeyExistsAsync(key)).ShouldBeFalse();
    }

    [Fact]
    public async Task StringSet_Expiry_IsSetKeptAndRemoved()
    {
        var key = NewKey();
        await Database.StringSetAsync(key, 1, TimeSpan.FromHours(1));
        (await Database.KeyTimeToLiveAsync(key)).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromMinutes(59), TimeSpan.FromHours(1));
        await Database.StringSetAsync(key, 2, expiry: null, keepTtl: true);
        (await Database.KeyTimeToLiveAsync(key)).ShouldNotBeNull();
        await Database.StringSetAsync(key, 3);
        (await Database.KeyTimeToLiveAsync(key)).ShouldBeNull();
        (await Database.StringGetWithExpiryAsync(key)).Value.ShouldBe(3);
    }

    [Fact]
    public async Task Expiry_PassesOnTheServer_KeyIsGone()
    {
        var key = NewKey();
        await Database.StringSetAsync(key, 1);
        (await Database.KeyExpireAsync(key, TimeSpan.FromMilliseconds(-1))).ShouldBeTrue();
        (await Database.StringGetAsync(key)).IsNull.ShouldBeTrue();
        (await Database.KeyExpireAsync(key, TimeSpan.FromMinutes(1))).ShouldBeFalse();
    }

    [Fact]
    public async Task KeyExpire_When_IsHonoured()
    {
        var key = NewKey();
        await Database.StringSetAsync(key, 1, TimeSpan.FromMinutes(10));
        (await Database.KeyExpireAsync(key, TimeSpan.FromMinutes(5), ExpireWhen.GreaterThanCurrentExpiry)).ShouldBeFalse();
        (await Database.KeyExpireAsync(key, TimeSpan.FromMinutes(5), ExpireWhen.HasNoExpiry)).ShouldBeFalse();
        var at = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        (await Database.KeyExpireAsync(key, at, ExpireWhen.GreaterThanCurrentExpiry)).ShouldBeTrue();
        (await Database.KeyExpireTimeAsync(key)).ShouldBe(at);
        (await Database.KeyPersistAsync(key)).ShouldBeTrue();
        (await Database.KeyExpireTimeAsync(key)).ShouldBeNull();
    }

    [Fact]
    public async Task Keys_DeleteRenameTypeTouch()
    {
        var (first, second) = (NewKey(), NewKey());
        await Database.StringSetAsync(first, "x");
        (await Database.KeyTypeAsync(first)).ShouldBe(RedisType.String);
        (await Database.KeyTypeAsync(second)).ShouldBe(RedisType.None);
        (await Database.KeyRenameAsync(first, second)).ShouldBeTrue();
        (await Database.KeyExistsAsync([first, second])).ShouldBe(1);
        (await Database.KeyTouchAsync([first, second])).ShouldBe(1);
        (await Database.KeyDeleteAsync([first, second])).ShouldBe(1);
        (await Database.KeyDeleteAsync(second)).ShouldBeFalse();
        (await Database.KeyDeleteAsync([])).ShouldBe(0);
    }

    [Fact]
    public async Task Counters_IntegersAndFractions()
    {
        var key = NewKey();
        (await Database.StringIncrementAsync(key)).ShouldBe(1);
        (await Database.StringIncrementAsync(key, 41)).ShouldBe(42);
        (await Database.StringDecrementAsync(key, 2)).ShouldBe(40);
        (await Database.StringIncrementAsync(key, 0.5)).ShouldBe(40.5);
        (await Database.StringGetAsync(key)).ShouldBe(40.5);
        var error = await Should.ThrowAsync<RedisServerException>(() => Database.StringIncrementAsync(key));
        error.Message.ShouldStartWith("ERR value is not an integer");
    }

    [Fact]
    public async Task Strings_SeveralAtOnce()
    {
        RedisKey prefix = $"{{{Guid.NewGuid():N}}}";
        RedisKey[] keys = [prefix.Append("a"), prefix.Append("b"), prefix.Append("c")];
        (await Database.StringSetAsync([new(keys[0], 1), new(keys[2], "three")])).ShouldBeTrue();
        (await Database.StringGetAsync(keys)).ShouldBe([1, RedisValue.Null, "three"]);
        (await Database.StringSetAsync([new(keys[0], 2), new(keys[1], 2)], When.NotExists)).ShouldBeFalse();
        ((string?)await Database.StringGetSetAsync(keys[2], "drei")).ShouldBe("three");
        ((string?)await Database.StringSetAndGetAsync(keys[2], "tres")).ShouldBe("drei");
        (await Database.StringAppendAsync(keys[2], "!")).ShouldBe(5);
        ((string?)await Database.StringGetRangeAsync(keys[2], 1, 2)).ShouldBe("re");
        (await Database.StringLengthAsync(keys[2])).ShouldBe(5);
        ((string?)await Database.StringGetDeleteAsync(keys[2])).ShouldBe("tres!");
    }

    [Fact]
    public async Task Value_OfTenMegabytes_ComesBackAsItWas()
    {
        var key = NewKey();
        var bytes = new byte[10 * 1024 * 1024];
        new Random(7).NextBytes(bytes);
        await Database.StringSetAsync(key, bytes);
        var replies = await Task.WhenAll(Database.StringGetAsync(key), Database.StringLengthAsync(key).ContinueWith(length => (RedisValue)length.Result, TaskScheduler.Default), Database.StringGetAsync(key));
        ((byte[])replies[0]!).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        replies[1].ShouldBe(bytes.Length);
        ((byte[])replies[2]!).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
        await Database.KeyDeleteAsync(key);
    }

    [Fact]
    public async Task KeysAndValues_AnyBytes_AreSafe()
    {
        byte[] awkward = [0, 13, 10, 36, 255, 254, 42, 0];
        RedisKey key = (byte[])[.. (byte[])NewKey()!, .. awkward];
        await Database.StringSetAsync(key, awkward);
        ((byte[]?)await Database.StringGetAsync(key)).ShouldBe(awkward);
        await Database.StringSetAsync(key, "");
        var empty = await Database.StringGetAsync(key);
        empty.IsNull.ShouldBeFalse();
        empty.IsNullOrEmpty.ShouldBeTrue();
        await Database.StringSetAsync(key, "žluťoučký 🐎\r\n");
        ((string?)await Database.StringGetAsync(key)).ShouldBe("žluťoučký 🐎\r\n");
    }

    [Fact]
    public async Task Command_OnAKeyOfAnotherType_ThrowsWithTheServersMessage()
    {
        var key = NewKey();
        await Database.SetAddAsync(key, 1);
        (await Should.ThrowAsync<RedisServerException>(() => Database.StringGetAsync(key))).Message.ShouldStartWith("WRONGTYPE");
    }

    [Fact]
    public void SynchronousForms_GiveTheSame()
    {
        var key = NewKey();
        Database.StringSet(key, "v", TimeSpan.FromMinutes(1)).ShouldBeTrue();
        ((string?)Database.StringGet(key)).ShouldBe("v");
        Database.KeyDelete(key).ShouldBeTrue();
        Database.ListRightPush(key, [1, 2]).ShouldBe(2);
        Should.Throw<RedisServerException>(() => Database.StringGet(key));
    }

    [Fact]
    public async Task GetDatabase_SeveralNumbers_AreApart()
    {
        var key = NewKey();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(number => Connection.GetDatabase(number % 4).StringIncrementAsync(key, number % 4)));
        for (var number = 0; number < 4; number++)
            ((long)await Connection.GetDatabase(number).StringGetAsync(key)).ShouldBe(25 * number);
        await Should.ThrowAsync<RedisCommandException>(() => Connection.GetDatabase(4096).StringSetAsync(key, 1));
        ((long)await Connection.GetDatabase(3).StringGetAsync(key)).ShouldBe(75);
    }

    [Fact]
    public async Task FireAndForget_ReturnsAtOnceAndStillHappens()
    {
        var key = NewKey();
        (await Database.StringIncrementAsync(key, flags: CommandFlags.FireAndForget)).ShouldBe(0);
        (await Database.StringIncrementAsync(key)).ShouldBe(2);
    }

    [Fact]
    public async Task Lock_OnlyItsHolderExtendsAndReleases()
    {
        var key = NewKey();
        (await Database.LockTakeAsync(key, "a", TimeSpan.FromMinutes(1))).ShouldBeTrue();
        (await Database.LockTakeAsync(key, "b", TimeSpan.FromMinutes(1))).ShouldBeFalse();
        (await Database.LockExtendAsync(key, "b", TimeSpan.FromHours(1))).ShouldBeFalse();
        (await Database.LockExtendAsync(key, "a", TimeSpan.FromHours(1))).ShouldBeTrue();
        (await Database.LockReleaseAsync(key, "b")).ShouldBeFalse();
        (await Database.LockReleaseAsync(key, "a")).ShouldBeTrue();
        (await Database.LockQueryAsync(key)).IsNull.ShouldBeTrue();
    }
}
