namespace Loomflow.Tests.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Learn_AnotherObject_EndsWhatHeldBefore()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("Alice", "lives in", "Berlin", age: TimeSpan.FromDays(10)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice ", "LivesIn", "Lisbon", age: TimeSpan.FromDays(2)), Cancellation);

        (await Objects(memory, Alice, new FactQuery("where does alice live"))).ShouldBe(["Lisbon"]);
        (await Objects(memory, Alice, new FactQuery("alice") { ValidAt = Time.GetUtcNow() - TimeSpan.FromDays(5) })).ShouldBe(["Berlin"]);
        (await Objects(memory, Alice, new FactQuery("alice") { ValidAt = Time.GetUtcNow() - TimeSpan.FromDays(11) })).ShouldBeEmpty();
        var ended = (await memory.ExportAsync(Alice, Cancellation)).Facts.Single(fact => fact.Object == "Berlin");
        ended.ValidUntil.ShouldBe(Time.GetUtcNow() - TimeSpan.FromDays(2));
        ended.Predicate.ShouldBe("lives_in");
    }

    [Fact]
    public async Task Learn_OutOfOrder_GivesTheSameHistory()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon", age: TimeSpan.FromDays(2)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Rome", age: TimeSpan.FromDays(20)), Cancellation);
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin", age: TimeSpan.FromDays(10)), Cancellation);

        (await Objects(memory, Alice, new FactQuery("alice"))).ShouldBe(["Lisbon"]);
        (await Objects(memory, Alice, new FactQuery("alice") { ValidAt = Time.GetUtcNow() - TimeSpan.FromDays(5) })).ShouldBe(["Berlin"]);
        (await Objects(memory, Alice, new FactQuery("alice") { ValidAt = Time.GetUtcNow() - TimeSpan.FromDays(15) })).ShouldBe(["Rome"]);
    }

    [Fact]
    public async Task Learn_TheSameAgain_StrengthensTheFactThatIsThere()
    {
        var memory = Open();
        var first = await memory.LearnAsync(Alice, NewFact("alice", "likes", "tea", age: TimeSpan.FromDays(3)) with { Confidence = 0.6, Sources = ["ep_1"] }, Cancellation);

        var again = await memory.LearnAsync(Alice, NewFact("Alice", "likes", "Tea") with { Confidence = 0.9, Sources = ["ep_2"] }, Cancellation);

        again.Id.ShouldBe(first.Id);
        var kept = (await Open().RecallFactsAsync(Alice, new FactQuery("tea"), Cancellation)).ShouldHaveSingleItem().Item;
        Json(kept).ShouldBe(Json(first with { Confidence = 0.9, Sources = ["ep_1", "ep_2"] }));
    }

    [Fact]
    public async Task Learn_SameIdAgain_LeavesNoDouble()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Rome", age: TimeSpan.FromDays(5)), Cancellation);
        for (var attempt = 0; attempt < 2; attempt++)
        {
            await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon", age: TimeSpan.FromDays(1), id: "fact_1"), Cancellation);
        }

        (await memory.ExportAsync(Alice, Cancellation)).Facts.Select(fact => fact.Object).Order().ShouldBe(["Lisbon", "Rome"]);
    }

    [Fact]
    public async Task Learn_AnotherUser_SupersedesNothing()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("user", "lives_in", "Berlin", age: TimeSpan.FromDays(3)), Cancellation);
        await memory.LearnAsync(Bob, NewFact("user", "lives_in", "Lisbon"), Cancellation);
        await memory.LearnAsync(PartitionKey.Anonymous, NewFact("user", "lives_in", "Oslo"), Cancellation);

        (await Objects(memory, Alice, new FactQuery("user"))).ShouldBe(["Berlin"]);
        (await Objects(memory, Bob, new FactQuery("user"))).ShouldBe(["Lisbon"]);
        (await Objects(memory, PartitionKey.Anonymous, new FactQuery("user"))).ShouldBe(["Oslo"]);
    }

    [Fact]
    public async Task Learn_ByManyAtOnce_LeavesOneThatHolds()
    {
        var memory = Open();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i =>
            Open().LearnAsync(Alice, NewFact("alice", "lives_in", $"city {i}", age: TimeSpan.FromDays(30 - i)), Cancellation).AsTask()));

        (await Objects(memory, Alice, new FactQuery("alice"))).ShouldBe(["city 11"]);
        var facts = (await memory.ExportAsync(Alice, Cancellation)).Facts.OrderBy(fact => fact.ValidFrom).ToList();
        facts.Count.ShouldBe(12);
        facts.Zip(facts.Skip(1)).ShouldAllBe(pair => pair.First.ValidUntil == pair.Second.ValidFrom);
    }

    [Fact]
    public async Task LearnFrom_AnEpisodeThatIsThere_LearnsTheFact_AndNothingOnceItIsForgotten()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("I like tea", id: "ep_1"), Cancellation);
        (await memory.LearnFromAsync(Alice, "ep_1", NewFact("alice", "likes", "tea"), Cancellation)).ShouldNotBeNull().Object.ShouldBe("tea");
        (await memory.LearnFromAsync(Bob, "ep_1", NewFact("bob", "likes", "tea"), Cancellation)).ShouldBeNull();

        await memory.ForgetAsync(Alice, null, Cancellation);

        (await memory.LearnFromAsync(Alice, "ep_1", NewFact("alice", "likes", "tea"), Cancellation)).ShouldBeNull();
        (await memory.GetProfileAsync(Alice, Cancellation)).Facts.ShouldBe(0);
    }

    [Fact]
    public async Task RecallFacts_NothingMatches_GivesNothing()
    {
        var memory = Open();
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin"), Cancellation);

        (await Objects(memory, Alice, new FactQuery("quarterly tax invoice"))).ShouldBeEmpty();
        (await Objects(memory, Alice, new FactQuery("Berlin", Limit: 0))).ShouldBeEmpty();
    }

    [Fact]
    public async Task RecallFacts_WithoutText_GivesThoseRecordedLast()
    {
        var memory = Open();
        foreach (var drink in (string[])["tea", "milk", "wine"])
        {
            await memory.LearnAsync(Alice, NewFact("alice", $"drinks {drink}", drink), Cancellation);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        (await Objects(memory, Alice, new FactQuery("", 2))).ShouldBe(["wine", "milk"]);
    }

    [Fact]
    public async Task Learn_MoreThanMaxFacts_TopicsRecordedLongestAgoMakeRoom()
    {
        var memory = Open(new MemoryOptions { MaxFacts = 3 });
        for (var i = 0; i < 5; i++)
        {
            await memory.LearnAsync(Alice, NewFact("alice", $"number {i}", $"value {i}"), Cancellation);
            Time.Advance(TimeSpan.FromMinutes(1));
        }

        (await Objects(memory, Alice, new FactQuery("", 10))).ShouldBe(["value 4", "value 3", "value 2"]);
        (await Objects(memory, Alice, new FactQuery("value", 10))).Order().ShouldBe(["value 2", "value 3", "value 4"]);
        (await memory.GetProfileAsync(Alice, Cancellation)).Facts.ShouldBe(3);
    }

    [Fact]
    public async Task EndedFactRetention_FactsThatEndedLongerAgo_AreGone()
    {
        var memory = Open(new MemoryOptions { EndedFactRetention = TimeSpan.FromDays(30) });
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Berlin"), Cancellation);
        Time.Advance(TimeSpan.FromDays(1));
        await memory.LearnAsync(Alice, NewFact("alice", "lives_in", "Lisbon"), Cancellation);
        var inBerlin = new FactQuery("alice") { ValidAt = Time.GetUtcNow() - TimeSpan.FromHours(1) };
        (await Objects(memory, Alice, inBerlin)).ShouldBe(["Berlin"]);
        Time.Advance(TimeSpan.FromDays(31));

        (await Objects(memory, Alice, inBerlin)).ShouldBeEmpty();
        (await memory.ExportAsync(Alice, Cancellation)).Facts.ShouldHaveSingleItem().Object.ShouldBe("Lisbon");
        (await memory.GetProfileAsync(Alice, Cancellation)).Facts.ShouldBe(1);
    }

    [Theory]
    [InlineData("", "likes", "tea")]
    [InlineData("alice", "?!", "tea")]
    [InlineData("alice", "likes", " ")]
    public async Task Learn_WithoutSubjectPredicateOrObject_IsRefused(string subject, string predicate, string value) =>
        (await Should.ThrowAsync<ArgumentException>(async () => await Open().LearnAsync(Alice, NewFact(subject, predicate, value), Cancellation)))
            .Message.ShouldContain("needs a subject");
}
