using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Partitions_SimilarUserIds_NeverSeeEachOther()
    {
        string[] users = ["alice", "Alice", "alice ", "a", "u:a", "u%3Aa", "{alice}", "alice}", "a:ep", "*", "", "\n", "ålice", "a\u030Alice", "anonymous", "__jeeves_anon_user__"];
        var memory = Open();
        foreach (var user in users)
        {
            await memory.RememberAsync(PartitionKey.Of(user), NewEpisode($"the secret of '{user}'"), Cancellation);
            await memory.SetBlockAsync(PartitionKey.Of(user), "secret", user, Cancellation);
        }

        foreach (var user in users)
        {
            (await Inputs(memory, PartitionKey.Of(user), new RecallQuery("secret"))).ShouldBe([$"the secret of '{user}'"]);
            (await memory.GetBlocksAsync(PartitionKey.Of(user), Cancellation)).ShouldHaveSingleItem().Content.ShouldBe(user);
        }
    }

    [Fact]
    public async Task Anonymous_IsABucketOfItsOwn()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("piano of alice"), Cancellation);
        await memory.RememberAsync(PartitionKey.Anonymous, NewEpisode("piano of nobody"), Cancellation);

        (await Inputs(memory, PartitionKey.Anonymous, new RecallQuery("piano"))).ShouldBe(["piano of nobody"]);
        (await memory.ForgetAsync(PartitionKey.Anonymous, null, Cancellation)).ShouldBe(new ForgetReceipt(1, 0, 0));
        (await Inputs(memory, Alice, new RecallQuery("piano"))).ShouldBe(["piano of alice"]);
    }

    [Fact]
    public async Task FiftyUsersAtOnce_EachFindsTheirOwnAndNobodyElses()
    {
        // Whatever a user is called: names that look like keys, patterns, other users' names, and what is no text at all.
        static PartitionKey Of(int user) => PartitionKey.Named((user % 5) switch
        {
            0 => $"user {user}",
            1 => $"{{u:user{user}}}:*",
            2 => $"\uD800{user}\0",
            3 => $"user%20{user}",
            _ => $"ユーザー:{user}\n",
        });
        var memories = new[] { Open(), Open(), Open() };
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async user =>
        {
            var partition = Of(user);
            for (var i = 0; i < 8; i++)
            {
                var memory = memories[(user + i) % memories.Length];
                await memory.RememberAsync(partition, NewEpisode($"parcel {i} of user{user}", session: "shared name"), Cancellation);
                await memory.LearnAsync(partition, NewFact("user", "order", $"number {user}-{i}", age: TimeSpan.FromDays(10 - i)), Cancellation);
                await memory.AppendBlockAsync(partition, "log", $"{user}", Cancellation);
                var meanwhile = await Inputs(memories[i % memories.Length], partition, new RecallQuery("parcel", 100));
                meanwhile.Order().ShouldBe(Enumerable.Range(0, i + 1).Select(n => $"parcel {n} of user{user}"));
            }
        }));

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async user =>
        {
            var partition = Of(user);
            var memory = memories[user % memories.Length];
            var found = await Inputs(memory, partition, new RecallQuery("parcel", 100));
            found.Order().ShouldBe(Enumerable.Range(0, 8).Select(i => $"parcel {i} of user{user}"));
            (await memory.GetSessionAsync(partition, "shared name", 100, Cancellation)).Count.ShouldBe(8);
            (await Objects(memory, partition, new FactQuery("order"))).ShouldBe([$"number {user}-7"]);
            (await memory.GetBlocksAsync(partition, Cancellation)).ShouldHaveSingleItem().Content.Split('\n').ShouldAllBe(line => line == $"{user}");
        }));
    }

    [Fact]
    public async Task Forget_Everything_LeavesNothingOfTheUserAndAllOfTheOthers()
    {
        var memory = Open();
        foreach (var partition in (PartitionKey[])[Alice, Bob])
        {
            await memory.RememberAsync(partition, NewEpisode("trout with wine"), Cancellation);
            await memory.LearnAsync(partition, NewFact("user", "likes", "trout"), Cancellation);
            await memory.SetBlockAsync(partition, "menu", "trout", Cancellation);
        }

        await Inputs(memory, Alice, new RecallQuery("trout"));
        (await memory.ForgetAsync(Alice, null, Cancellation)).ShouldBe(new ForgetReceipt(1, 1, 1));

        await ShouldBeEmptyAsync(memory, Alice);
        (await memory.GetProfileAsync(Bob, Cancellation)).ShouldSatisfyAllConditions(
            profile => profile.Episodes.ShouldBe(1), profile => profile.Facts.ShouldBe(1), profile => profile.Blocks.ShouldBe(1));
        (await memory.ForgetAsync(Alice, null, Cancellation)).ShouldBe(default);
        await memory.RememberAsync(Alice, NewEpisode("salmon"), Cancellation);
        (await Inputs(memory, Alice, new RecallQuery("salmon trout"))).ShouldBe(["salmon"]);
    }

    [Fact]
    public async Task Forget_ASession_LeavesOtherSessionsFactsAndBlocks()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("soup one", session: "s1", age: TimeSpan.FromDays(2)), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("soup two", session: "s1"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("soup three", session: "s2", age: TimeSpan.FromDays(2)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("user", "likes", "soup"), Cancellation);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await Inputs(memory, Alice, new RecallQuery("soup"));

        var scope = new ForgetScope { SessionId = "s1", Before = Time.GetUtcNow() - TimeSpan.FromDays(1) };
        (await memory.ForgetAsync(Alice, scope, Cancellation)).ShouldBe(new ForgetReceipt(1, 0, 0));
        (await Inputs(memory, Alice, new RecallQuery("soup"))).Order().ShouldBe(["soup three", "soup two"]);
        (await memory.ForgetAsync(Alice, new ForgetScope { SessionId = "s1" }, Cancellation)).ShouldBe(new ForgetReceipt(1, 0, 0));

        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldBe(["soup three"]);
        (await memory.GetProfileAsync(Alice, Cancellation)).ShouldSatisfyAllConditions(
            profile => profile.LatestSessions.ShouldBe(["s2"]), profile => profile.Facts.ShouldBe(1), profile => profile.Blocks.ShouldBe(1));
    }

    [Fact]
    public async Task Forget_BeforeATime_LeavesWhatIsNewer()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("old soup"), Cancellation);
        await memory.LearnAsync(Alice, NewFact("user", "liked", "soup"), Cancellation);
        await memory.SetBlockAsync(Alice, "old menu", "soup", Cancellation);
        Time.Advance(TimeSpan.FromDays(2));
        var before = Time.GetUtcNow() - TimeSpan.FromDays(1);
        await memory.RememberAsync(Alice, NewEpisode("new bread"), Cancellation);
        await memory.LearnAsync(Alice, NewFact("user", "likes", "bread"), Cancellation);
        await memory.SetBlockAsync(Alice, "new menu", "bread", Cancellation);

        (await memory.ForgetAsync(Alice, new ForgetScope { Before = before }, Cancellation)).ShouldBe(new ForgetReceipt(1, 1, 1));

        (await Inputs(memory, Alice, new RecallQuery("soup bread"))).ShouldBe(["new bread"]);
        (await Objects(memory, Alice, new FactQuery("soup bread"))).ShouldBe(["bread"]);
        (await memory.GetBlocksAsync(Alice, Cancellation)).ShouldHaveSingleItem().Name.ShouldBe("new menu");
    }

    [Fact]
    public async Task Forget_AnEpisode_TakesWhatWasLearntFromItAlone()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("soup with leek", id: "ep_1"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("soup with bread", id: "ep_2"), Cancellation);
        await memory.LearnFromAsync(Alice, "ep_1", NewFact("user", "likes", "leek soup") with { Sources = ["ep_1"] }, Cancellation);
        await memory.LearnFromAsync(Alice, "ep_1", NewFact("user", "eats", "soup") with { Sources = ["ep_1", "ep_2"] }, Cancellation);
        await memory.LearnAsync(Alice, NewFact("user", "cooks", "soup"), Cancellation);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await memory.RememberAsync(Bob, NewEpisode("soup of another", id: "ep_1"), Cancellation);
        await Inputs(memory, Alice, new RecallQuery("soup"));
        await Objects(memory, Alice, new FactQuery("soup"));

        (await memory.ForgetAsync(Alice, new ForgetScope { EpisodeId = "ep_1", SessionId = "another" }, Cancellation)).ShouldBe(default);
        (await memory.ForgetAsync(Alice, new ForgetScope { EpisodeId = "ep_1" }, Cancellation)).ShouldBe(new ForgetReceipt(1, 1, 0));

        (await Inputs(memory, Alice, new RecallQuery("soup leek"))).ShouldBe(["soup with bread"]);
        (await memory.RecallFactsAsync(Alice, new FactQuery("soup leek"), Cancellation)).Select(found => found.Item.Predicate).Order().ShouldBe(["cooks", "eats"]);
        (await memory.GetSessionAsync(Alice, "s1", 10, Cancellation)).ShouldHaveSingleItem().Id.ShouldBe("ep_2");
        (await Inputs(memory, Bob, new RecallQuery("soup"))).ShouldBe(["soup of another"]);
        (await memory.ForgetAsync(Alice, new ForgetScope { EpisodeId = "ep_1" }, Cancellation)).ShouldBe(default);
    }

    [Fact]
    public async Task Forget_AFact_LeavesTheOthersOfItsTopic()
    {
        var memory = Open();
        var berlin = await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin", age: TimeSpan.FromDays(2)), Cancellation);
        var lisbon = await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("Berlin"), Cancellation);
        await Objects(memory, Alice, new FactQuery("lives"));

        (await memory.ForgetAsync(Alice, new ForgetScope { FactId = berlin.Id }, Cancellation)).ShouldBe(new ForgetReceipt(0, 1, 0));

        (await Objects(memory, Alice, new FactQuery("Berlin Lisbon") { AnyTime = true })).ShouldBe(["Lisbon"]);
        (await Inputs(memory, Alice, new RecallQuery("Berlin"))).ShouldBe(["Berlin"]);
        (await memory.ForgetAsync(Bob, new ForgetScope { FactId = lisbon.Id }, Cancellation)).ShouldBe(default);
        (await memory.ForgetAsync(Alice, new ForgetScope { FactId = berlin.Id }, Cancellation)).ShouldBe(default);
    }

    [Fact]
    public async Task Skip_GoesOnWhereAPageEnded()
    {
        var memory = Open();

        // All of one moment: what tells them apart is the id.
        foreach (var number in Enumerable.Range(0, 7))
        {
            await memory.RememberAsync(Alice, NewEpisode($"parcel {number}", id: $"ep_{number}"), Cancellation);
            await memory.LearnAsync(Alice, NewFact("parcel", $"number{number}", $"{number}", id: $"fact_{number}"), Cancellation);
        }

        (await Inputs(memory, Alice, new RecallQuery("", 3))).ShouldBe(["parcel 6", "parcel 5", "parcel 4"]);
        (await Inputs(memory, Alice, new RecallQuery("", 3) { Skip = 3 })).ShouldBe(["parcel 3", "parcel 2", "parcel 1"]);
        (await Inputs(memory, Alice, new RecallQuery("", 3) { Skip = 6 })).ShouldBe(["parcel 0"]);
        (await Objects(memory, Alice, new FactQuery("", 3) { Skip = 6 })).ShouldBe(["0"]);
        var all = await Inputs(memory, Alice, new RecallQuery("parcel", 7));
        (await Inputs(memory, Alice, new RecallQuery("parcel", 3) { Skip = 2 })).ShouldBe(all[2..5]);
        var facts = await Objects(memory, Alice, new FactQuery("parcel", 7));
        (await Objects(memory, Alice, new FactQuery("parcel", 3) { Skip = 2 })).ShouldBe(facts[2..5]);
        await Should.ThrowAsync<ArgumentOutOfRangeException>(async () => await memory.RecallAsync(Alice, new RecallQuery("") { Skip = -1 }, Cancellation));
    }

    [Fact]
    public async Task Facts_OfAnyTime_IncludeThoseThatHoldNoMore()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin", age: TimeSpan.FromDays(2)), Cancellation);
        Time.Advance(TimeSpan.FromMinutes(1));
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon"), Cancellation);

        (await Objects(memory, Alice, new FactQuery(""))).ShouldBe(["Lisbon"]);
        (await Objects(memory, Alice, new FactQuery("") { AnyTime = true })).ShouldBe(["Lisbon", "Berlin"]);
        (await Objects(memory, Alice, new FactQuery("lives") { AnyTime = true })).Order().ShouldBe(["Berlin", "Lisbon"]);
    }

    [Fact]
    public async Task Export_GivesEverythingAsJson()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("second \"quoted\" ⚓"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("first", age: TimeSpan.FromDays(1)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin", age: TimeSpan.FromDays(2)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon"), Cancellation);
        await memory.SetBlockAsync(Alice, "menu", "soup", Cancellation);
        await memory.RememberAsync(Bob, NewEpisode("not for alice"), Cancellation);

        var export = await memory.ExportAsync(Alice, Cancellation);
        using var json = JsonDocument.Parse(export.ToJson());

        json.RootElement.GetProperty("userId").GetString().ShouldBe("alice");
        json.RootElement.GetProperty("episodes").EnumerateArray().Select(episode => episode.GetProperty("input").GetString())
            .ShouldBe(["first", "second \"quoted\" ⚓"]);
        json.RootElement.GetProperty("facts").EnumerateArray().Select(fact => fact.GetProperty("object").GetString()).Order().ShouldBe(["Berlin", "Lisbon"]);
        json.RootElement.GetProperty("blocks")[0].GetProperty("content").GetString().ShouldBe("soup");
        export.ToJson().ShouldNotContain("not for alice");
        using var stream = new MemoryStream();
        await export.WriteJsonAsync(stream, Cancellation);
        System.Text.Encoding.UTF8.GetString(stream.ToArray()).ShouldBe(export.ToJson());
    }

    [Fact]
    public async Task Profile_CountsAndNamesTheLatest()
    {
        var memory = Open();
        for (var i = 0; i < 12; i++)
        {
            await memory.RememberAsync(Alice, NewEpisode($"said {i}", session: $"s{i}"), Cancellation);
            await memory.LearnAsync(Alice, NewFact("alice", $"predicate {i}", $"value {i}"), Cancellation);
            Time.Advance(TimeSpan.FromSeconds(1));
        }

        var profile = await memory.GetProfileAsync(Alice, Cancellation);

        profile.Episodes.ShouldBe(12);
        profile.Facts.ShouldBe(12);
        profile.LatestSessions.ShouldBe(Enumerable.Range(2, 10).Reverse().Select(i => $"s{i}"));
        profile.LatestFacts.Select(fact => fact.Object).ShouldBe(Enumerable.Range(2, 10).Reverse().Select(i => $"value {i}"));
    }

    [Fact]
    public async Task Embedder_ThatFails_CostsMeaningAndNotTheText()
    {
        var memory = Open(embedder: new FailingEmbedder());
        await memory.RememberAsync(Alice, NewEpisode("tune the piano"), Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("piano"))).ShouldBe(["tune the piano"]);
    }

    private static async Task ShouldBeEmptyAsync(IMemory memory, PartitionKey partition)
    {
        (await memory.GetBlocksAsync(partition, Cancellation)).ShouldBeEmpty();
        (await Inputs(memory, partition, new RecallQuery(""))).ShouldBeEmpty();
        (await Inputs(memory, partition, new RecallQuery("trout"))).ShouldBeEmpty();
        (await Objects(memory, partition, new FactQuery(""))).ShouldBeEmpty();
        (await Objects(memory, partition, new FactQuery("trout"))).ShouldBeEmpty();
        (await memory.GetSessionAsync(partition, "s1", 10, Cancellation)).ShouldBeEmpty();
        (await memory.GetProfileAsync(partition, Cancellation)).ShouldSatisfyAllConditions(
            profile => profile.Episodes.ShouldBe(0),
            profile => profile.Facts.ShouldBe(0),
            profile => profile.Blocks.ShouldBe(0),
            profile => profile.LatestSessions.ShouldBeEmpty());
        var export = await memory.ExportAsync(partition, Cancellation);
        (export.Episodes.Count + export.Facts.Count + export.Blocks.Count).ShouldBe(0);
    }

    protected sealed class FailingEmbedder : IEmbeddingGenerator<string, Embedding<float>>
    {
        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
            IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new HttpRequestException("The embedding service is down.");

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
