namespace Loomflow.Tests.Memory;

public abstract partial class MemoryConformance
{
    [Fact]
    public async Task Remember_ThenRecall_GivesTheEpisodeWhole()
    {
        var episode = NewEpisode("Where is my parcel?", "In Łódź 📦.") with
        {
            Agent = "tracker",
            RunId = "run_1",
            ToolCalls = [new EpisodeToolCall("call_1", "track", """{"parcel":7}""", "Łódź")],
        };
        await Open().RememberAsync(Alice, episode, Cancellation);

        var recalled = (await Open().RecallAsync(Alice, new RecallQuery("parcel"), Cancellation)).ShouldHaveSingleItem();

        Json(recalled.Item).ShouldBe(Json(episode));
        recalled.Score.ShouldBeInRange(0.01, 1);
    }

    [Fact]
    public async Task Recall_NothingMatches_GivesNothing()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("Which wine goes with trout?"), Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("quarterly tax invoice"))).ShouldBeEmpty();
        (await Inputs(memory, Alice, new RecallQuery("what is the and of"))).ShouldBeEmpty();
        (await Inputs(memory, Bob, new RecallQuery("wine"))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recall_SeveralMatch_TheBestComesFirst()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("The invoice for the piano lessons"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("Tune the piano before the concert on Friday"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("Buy bread"), Cancellation);

        var inputs = await Inputs(memory, Alice, new RecallQuery("When is the piano concert?"));

        inputs.ShouldBe(["Tune the piano before the concert on Friday", "The invoice for the piano lessons"]);
    }

    [Fact]
    public async Task Recall_ByMeaningOrByWordsAlone_FollowsAlpha()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("subscriptions cancelled", "ok"), Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("subscription cancellation") { Alpha = 1 })).ShouldBe(["subscriptions cancelled"]);
        (await Inputs(memory, Alice, new RecallQuery("subscription cancellation") { Alpha = 0 })).ShouldBeEmpty();
    }

    [Fact]
    public async Task Recall_WithoutText_GivesTheNewestFirst()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("second", age: TimeSpan.FromMinutes(2)), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("third", age: TimeSpan.FromMinutes(1)), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("first", age: TimeSpan.FromMinutes(3)), Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("", 2))).ShouldBe(["third", "second"]);
    }

    [Fact]
    public async Task Recall_WithinATimeRange_GivesOnlyWhatIsInIt()
    {
        var memory = Open();
        for (var day = 1; day <= 4; day++) await memory.RememberAsync(Alice, NewEpisode($"soup {day}", age: TimeSpan.FromDays(day)), Cancellation);
        var now = Time.GetUtcNow();

        var query = new RecallQuery("soup") { From = now - TimeSpan.FromDays(3), Until = now - TimeSpan.FromDays(1) };

        (await Inputs(memory, Alice, query)).Order().ShouldBe(["soup 2", "soup 3"]);
        (await Inputs(memory, Alice, query with { Text = "" })).ShouldBe(["soup 2", "soup 3"]);
    }

    [Fact]
    public async Task Remember_SameIdAgain_ReplacesTheEpisode()
    {
        var memory = Open();
        await memory.RememberAsync(Alice, NewEpisode("carrots", session: "s1", id: "ep_1"), Cancellation);
        await memory.RecallAsync(Alice, new RecallQuery("carrots"), Cancellation);
        await memory.RememberAsync(Alice, NewEpisode("turnips", session: "s2", id: "ep_1"), Cancellation);

        (await Inputs(memory, Alice, new RecallQuery("carrots"))).ShouldBeEmpty();
        (await Inputs(memory, Alice, new RecallQuery("turnips"))).ShouldBe(["turnips"]);
        (await memory.GetSessionAsync(Alice, "s1", 10, Cancellation)).ShouldBeEmpty();
        (await memory.GetSessionAsync(Alice, "s2", 10, Cancellation)).ShouldHaveSingleItem();
        (await memory.GetProfileAsync(Alice, Cancellation)).Episodes.ShouldBe(1);
    }

    [Fact]
    public async Task Remember_MoreThanMaxEpisodes_TheOldestMakeRoom()
    {
        var memory = Open(new MemoryOptions { MaxEpisodes = 3 });
        await memory.RecallAsync(Alice, new RecallQuery("soup"), Cancellation);
        for (var day = 1; day <= 5; day++)
        {
            await memory.RememberAsync(Alice, NewEpisode($"soup {day}", session: $"s{day}", age: TimeSpan.FromDays(day)), Cancellation);
        }

        (await Inputs(memory, Alice, new RecallQuery(""))).ShouldBe(["soup 1", "soup 2", "soup 3"]);
        (await Inputs(memory, Alice, new RecallQuery("soup"))).Order().ShouldBe(["soup 1", "soup 2", "soup 3"]);
        (await memory.GetProfileAsync(Alice, Cancellation)).LatestSessions.ShouldBe(["s1", "s2", "s3"]);
        (await memory.GetSessionAsync(Alice, "s5", 10, Cancellation)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Remember_TextsBeyondMaxTextLength_AreCutWithAMark()
    {
        var memory = Open(new MemoryOptions { MaxTextLength = 20 });
        var episode = NewEpisode(new string('x', 50), new string('y', 20)) with
        {
            ToolCalls = [new EpisodeToolCall("1", "a", "{}", "fits"), new EpisodeToolCall("2", "b", "{}", new string('z', 50))],
        };
        await memory.RememberAsync(Alice, episode, Cancellation);

        var kept = (await memory.RecallAsync(Alice, new RecallQuery(""), Cancellation)).ShouldHaveSingleItem().Item;

        kept.Input.ShouldBe(new string('x', 16) + " […]");
        kept.Output.ShouldBe(new string('y', 20));
        kept.ToolCalls.ShouldHaveSingleItem().Result.ShouldBe("fits");
    }

    [Fact]
    public async Task EpisodeRetention_OlderEpisodes_AreGone()
    {
        var memory = Open(new MemoryOptions { EpisodeRetention = TimeSpan.FromDays(2) });
        await memory.RememberAsync(Alice, NewEpisode("old soup", session: "old"), Cancellation);
        await memory.RecallAsync(Alice, new RecallQuery("soup"), Cancellation);
        Time.Advance(TimeSpan.FromDays(1.5));
        await memory.RememberAsync(Alice, NewEpisode("new soup", session: "new"), Cancellation);
        Time.Advance(TimeSpan.FromDays(1));

        (await Inputs(memory, Alice, new RecallQuery("soup"))).ShouldBe(["new soup"]);
        (await Inputs(memory, Alice, new RecallQuery(""))).ShouldBe(["new soup"]);
        (await memory.GetSessionAsync(Alice, "old", 10, Cancellation)).ShouldBeEmpty();
        (await memory.ExportAsync(Alice, Cancellation)).Episodes.ShouldHaveSingleItem();
        var profile = await memory.GetProfileAsync(Alice, Cancellation);
        profile.Episodes.ShouldBe(1);
        profile.LatestSessions.ShouldBe(["new"]);
    }

    [Fact]
    public async Task GetSession_GivesTheNewestEpisodesOldestFirst()
    {
        var memory = Open();
        for (var minute = 1; minute <= 5; minute++)
        {
            await memory.RememberAsync(Alice, NewEpisode($"said {minute}", age: TimeSpan.FromMinutes(minute)), Cancellation);
            await memory.RememberAsync(Alice, NewEpisode($"elsewhere {minute}", session: "s10"), Cancellation);
            await memory.RememberAsync(Bob, NewEpisode($"by Bob {minute}"), Cancellation);
        }

        var episodes = await memory.GetSessionAsync(Alice, "s1", 3, Cancellation);

        episodes.Select(episode => episode.Input).ShouldBe(["said 3", "said 2", "said 1"]);
    }

    [Theory]
    [InlineData("a:b")]
    [InlineData("a")]
    [InlineData("a:b:0")]
    [InlineData("{x}\n%00*[ ")]
    public async Task GetSession_AnyTextIsASessionId(string session)
    {
        var memory = Open();
        foreach (var other in (string[])["a", "a:b", "a:b:0", "a:", "{x}", "{x}\n%00*[ "])
        {
            await memory.RememberAsync(Alice, NewEpisode($"in {other}", session: other), Cancellation);
        }

        (await memory.GetSessionAsync(Alice, session, 10, Cancellation)).ShouldHaveSingleItem().Input.ShouldBe($"in {session}");
    }

    [Fact]
    public async Task Recall_WhileOthersRemember_SeesEverythingWrittenBefore()
    {
        var memory = Open();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            var other = Open();
            for (var i = 0; i < 5; i++)
            {
                await other.RememberAsync(Alice, NewEpisode($"order number w{writer}n{i}"), Cancellation);
                (await Inputs(memory, Alice, new RecallQuery($"w{writer}n{i}", 1))).ShouldBe([$"order number w{writer}n{i}"]);
            }
        }));

        (await memory.GetProfileAsync(Alice, Cancellation)).Episodes.ShouldBe(100);
    }
}
