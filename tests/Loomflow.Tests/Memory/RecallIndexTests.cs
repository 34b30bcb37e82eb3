namespace Loomflow.Tests.Memory;

public class RecallIndexTests
{
    private static readonly HashEmbedder s_embedder = new();

    [Fact]
    public void Search_AfterManyRemovals_FindsWhatIsLeftAndOnlyThat()
    {
        var index = new RecallIndex<int>();
        for (var i = 0; i < 1_000; i++) index.Put($"{i}", i, $"parcel number{i}", Vector($"parcel number{i}"), i);
        for (var i = 0; i < 990; i++) index.Remove($"{i}").ShouldBeTrue();

        index.Count.ShouldBe(10);
        index.Search("parcel", null, 0, 0.3, 100, _ => true).Select(match => match.Item).ShouldBe(Enumerable.Range(990, 10).Reverse());
        index.Search("number3", null, 0, 0.3, 100, _ => true).ShouldBeEmpty();
        index.Search("number995", Vector("number995"), 0.5, 0.3, 1, _ => true).ShouldHaveSingleItem().Item.ShouldBe(995);
    }

    [Fact]
    public void EstimatedBytes_EverythingRemoved_IsNearZero()
    {
        var index = new RecallIndex<int>();
        for (var i = 0; i < 500; i++) index.Put($"{i}", i, $"parcel number{i}", Vector("parcel"), i);
        var full = index.EstimatedBytes;
        for (var i = 0; i < 500; i++) index.Remove($"{i}");

        full.ShouldBeGreaterThan(500 * 384);
        index.EstimatedBytes.ShouldBeLessThan(full / 10);
    }

    [Fact]
    public void Search_FirstByWordsAndByMeaning_ScoresOne()
    {
        var index = new RecallIndex<string>();
        index.Put("1", 1, "tune the piano", Vector("tune the piano"), "piano");
        index.Put("2", 2, "bake bread", Vector("bake bread"), "bread");

        var match = index.Search("tune the piano", Vector("tune the piano"), 0.5, 0.3, 5, _ => true).ShouldHaveSingleItem();

        match.ShouldBe(new Recalled<string>("piano", 1));
    }

    [Fact]
    public void QuantizedVector_RandomVectors_KeepsTheCosine()
    {
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            float[] a = [.. Enumerable.Range(0, 389).Select(_ => (float)(random.NextDouble() - 0.5))];
            float[] b = [.. a.Select(value => (float)(value + (random.NextDouble() - 0.5)))];
            var exact = a.Zip(b, (x, y) => (double)x * y).Sum() / Math.Sqrt(a.Sum(x => (double)x * x) * b.Sum(y => (double)y * y));

            var quantized = QuantizedVector.From(a, 1)!.Cosine(QuantizedVector.FromBytes(QuantizedVector.From(b, 1)!.ToBytes())!);

            quantized.ShouldBe(exact, 0.005);
        }
    }

    [Fact]
    public void QuantizedVector_ExtremeValues_DoNotOverflow()
    {
        var largest = QuantizedVector.From(Enumerable.Repeat(1f, 4_096).ToArray(), 1)!;
        var smallest = QuantizedVector.From(Enumerable.Repeat(-1f, 4_096).ToArray(), 1)!;

        largest.Cosine(largest).ShouldBe(1, 1e-9);
        largest.Cosine(smallest).ShouldBe(-1, 1e-9);
    }

    [Theory]
    [InlineData(new float[] { })]
    [InlineData(new float[] { 0, 0 })]
    [InlineData(new float[] { float.NaN, 1 })]
    [InlineData(new float[] { float.PositiveInfinity, 1 })]
    public void QuantizedVector_WithoutDirection_IsNone(float[] vector) => QuantizedVector.From(vector, 1).ShouldBeNull();

    [Fact]
    public void HashEmbedder_SameText_GivesTheSameVectorInEveryProcess()
    {
        var vector = s_embedder.Embed("Straße nach Łódź");

        vector.Sum(value => (double)value * value).ShouldBe(1, 1e-5);
        vector.Select((value, index) => (value, index)).MaxBy(entry => Math.Abs(entry.value)).index.ShouldBe(19);
        s_embedder.Embed("?!").ShouldAllBe(value => value == 0);
    }

    [Theory]
    [InlineData("refund", "refunds", true)]
    [InlineData("the delivery of my order", "deliver the order", true)]
    [InlineData("piano concert", "quarterly tax invoice", false)]
    [InlineData("東京の天気", "東京", true)]
    public void HashEmbedder_LikeSpelling_IsLikeMeaning(string a, string b, bool alike) =>
        (Vector(a)!.Cosine(Vector(b)!) >= new MemoryOptions().MinSimilarity).ShouldBe(alike);

    private static QuantizedVector? Vector(string text) => QuantizedVector.From(s_embedder.Embed(text), 1);
}
