using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Loomflow.Redis.Memory;
using StackExchange.Redis;

namespace Loomflow.Redis.Tests.Memory;

/// <summary>The encoding of users in keys: for every text, told apart for every two, in one slot for each.</summary>
public class MemoryKeysTests(MemoryCluster redis) : IClassFixture<MemoryCluster>
{
    private const string Prefix = "p";
    private static readonly Config s_many = Config.QuickThrowOnFailure.WithMaxTest(2_000);

    [Fact]
    public void Keys_OfAnyTwoUsers_AreDisjoint_UnlessTheyAreTheSame() =>
        Prop.ForAll(Users().ToArbitrary(), Users().ToArbitrary(), (a, b) =>
            PartitionKey.Of(a) == PartitionKey.Of(b) || !AllOf(a, "ep").Intersect(AllOf(b, "ep"), StringComparer.Ordinal).Any()).Check(s_many);

    [Fact]
    public void Documents_OfAnyEpisodes_LeadBackToTheirUserAlone() =>
        Prop.ForAll(Users().ToArbitrary(), Users().ToArbitrary(), Users().ToArbitrary(), (a, b, episode) =>
        {
            var (own, other) = (new MemoryKeys(Prefix, PartitionKey.Of(a)), new MemoryKeys(Prefix, PartitionKey.Of(b)));
            var document = (string)own.Document(episode ?? "e")!;
            return own.EpisodeOf(document) == (episode ?? "e") && (PartitionKey.Of(a) == PartitionKey.Of(b) || other.EpisodeOf(document) is null);
        }).Check(s_many);

    [Fact]
    public void Keys_OfAnyUser_SurviveTheWire_AndHaveTheUserAsTheOnlyHashTag() =>
        Prop.ForAll(Users().ToArbitrary(), user =>
        {
            var tag = PartitionKey.Of(user).Encode();
            return AllOf(user, "e").All(key => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(key)) == key && HashTag(key) == tag && key.All(unit => unit is > ' ' and < '\x7f'));
        }).Check(s_many);

    [Fact]
    public async Task Keys_OfAnyUser_AreInOneSlot_AsTheServerCountsThem()
    {
        foreach (var user in Users().Sample(50, 60))
        {
            var slots = await Task.WhenAll(AllOf(user, "e").Select(key => redis.Connection.GetDatabase().ExecuteAsync("CLUSTER", "KEYSLOT", key)));
            slots.Select(slot => (int)slot).Distinct().ShouldHaveSingleItem();
        }
    }

    private static IEnumerable<string> AllOf(string? user, string episode)
    {
        var keys = new MemoryKeys(Prefix, PartitionKey.Of(user));
        return [.. keys.All.Select(key => (string)key!), (string)keys.Document(episode)!];
    }

    // As the cluster specification says: what is between the first '{' and the first '}' after it.
    private static string HashTag(string key)
    {
        var open = key.IndexOf('{', StringComparison.Ordinal);
        return key[(open + 1)..key.IndexOf('}', open)];
    }

    // Texts that might end a key, a tag or a pattern, besides those that FsCheck thinks of.
    private static Gen<string?> Users() => Gen.OneOf(
        ArbMap.Default.GeneratorFor<string?>(),
        Gen.Elements<string?>(null, "", "a", "u:", "u:a", "{a}", "}:meta", "{", "}", "a:ep", "%61", "%", "*", "[a]", "\0", "\r\n", " a", "a ", "\uD800", "\uDC00\uD800", "Å", "A\u030A"),
        Gen.Elements("{}:%*\\ \n\0ua\uD83D\uDE00".ToCharArray()).ArrayOf().Select(units => (string?)new string(units)));
}
