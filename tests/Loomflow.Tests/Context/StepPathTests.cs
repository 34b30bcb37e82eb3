namespace Loomflow.Tests.Context;

public sealed class StepPathTests
{
    [Theory]
    [InlineData("inner", 1, false)]
    [InlineData("inner/first", 1, true)]
    [InlineData("inner/first#2/tool", 1, true)]
    [InlineData("inner#1~2", 1, true)]
    [InlineData("inner#1~2/first", 1, true)]
    [InlineData("inner#2", 1, false)]
    [InlineData("inner#2/first", 1, false)]
    [InlineData("inner#2", 2, true)]
    [InlineData("inner#2/first", 2, true)]
    [InlineData("inner#2~3/first", 2, true)]
    [InlineData("inner#20/first", 2, false)]
    [InlineData("inner/first", 2, false)]
    [InlineData("inner again/first", 1, false)]
    [InlineData("outer/inner/first", 1, false)]
    public void IsInside_KnowsVisitsAndAttempts(string path, int visit, bool isInside) => StepPath.IsInside(path, "inner", visit).ShouldBe(isInside);

    [Fact]
    public async Task NestedPaths_OfNamesThatLookLikePaths_StayApartAndGiveTheNamesBack()
    {
        string[] names = ["ask", "ask", "ask:2", "../other", "ask#2/tool", "50%"];
        string[] paths = [];
        await Workflow.Chain("names", Step.Of((int n) =>
        {
            paths = [.. names.Select(name => StepScope.Current!.NestedPath(name))];
            return n;
        }, "asks")).RunAsync(1, cancellationToken: TestContext.Current.CancellationToken);

        paths.ShouldBe(["asks/ask", "asks/ask:2", "asks/ask%3A2", "asks/..%2Fother", "asks/ask%232%2Ftool", "asks/50%25"]);
        paths.Except(["asks/ask:2"]).Select(StepPath.NameOf).ShouldBe(names.Distinct());
    }
}
