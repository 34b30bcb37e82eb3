using System.ComponentModel;
using Loomflow.Tests.AgentLoop;
using Microsoft.Extensions.AI;

namespace Loomflow.Tests.Tools;

public class ToolCallTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static async Task<string> ResultAsync(AITool tool, object? arguments, string? name = null)
    {
        var model = Models.Scripted(ScriptedTurn.Call(name ?? tool.Name, arguments), "done");
        var result = await new Agent("x", model, new() { Tools = [tool] }).RunAsync("go", cancellationToken: Stop);
        result.IsComplete.ShouldBeTrue();
        return model.Calls[1].ToolResults.Single();
    }

    public enum Colour
    {
        Red,
        Green,
    }

    public sealed record Point(int X, int Y);

    public static TheoryData<object, string> Sloppy => new()
    {
        { new { number = "8" }, "8" },
        { new { number = "8.0" }, "8" },
        { new { number = 8.0 }, "8" },
        { new { number = " 8 " }, "8" },
    };

    [Theory, MemberData(nameof(Sloppy))]
    public async Task Integers_FromTextAndWholeDecimals(object arguments, string expected) =>
        (await ResultAsync(Tool.Of((int number) => number, "t"), arguments)).ShouldBe(expected);

    [Fact]
    public async Task Integers_AreNeverTruncated() =>
        (await ResultAsync(Tool.Of((int number) => number, "t"), new { number = "8.5" })).ShouldStartWith("Error:");

    [Theory]
    [InlineData("true", "true")]
    [InlineData("1", "true")]
    [InlineData("Yes", "true")]
    [InlineData("false", "false")]
    [InlineData("0", "false")]
    [InlineData("no", "false")]
    [InlineData("", "false")]
    public async Task TruthValues_FromText(string sent, string expected) =>
        (await ResultAsync(Tool.Of((bool flag) => flag, "t"), new { flag = sent })).ShouldBe(expected);

    [Fact]
    public async Task TruthValue_ThatIsNone_IsAnErrorTheModelSees() =>
        (await ResultAsync(Tool.Of((bool flag) => flag, "t"), new { flag = "perhaps" })).ShouldStartWith("Error:");

    [Fact]
    public async Task Objects_AndLists_FromJsonText()
    {
        (await ResultAsync(Tool.Of((Point at) => at.X + at.Y, "t"), new { at = """{"x":2,"y":"3"}""" })).ShouldBe("5");
        (await ResultAsync(Tool.Of((int[] numbers) => numbers.Sum(), "t"), new { numbers = "[1,2,3]" })).ShouldBe("6");
    }

    [Fact]
    public async Task Text_StaysText() =>
        (await ResultAsync(Tool.Of((string code) => code, "t"), new { code = "007" })).ShouldBe("007");

    [Fact]
    public async Task Results_AreTextOrJson()
    {
        (await ResultAsync(Tool.Of(() => new Point(1, 2), "t"), null)).ShouldBe("""{"x":1,"y":2}""");
        (await ResultAsync(Tool.Of(() => Colour.Green, "t"), null)).ShouldContain("reen");
        (await ResultAsync(Tool.Of(() => { }, "t"), null)).ShouldBe("");
    }

    [Fact]
    public async Task Failure_IsToldToTheModelAndDoesNotEndTheRun()
    {
        Func<string> fails = () => throw new InvalidOperationException("the disk is full");
        (await ResultAsync(Tool.Of(fails, "t"), null)).ShouldBe("Error: the disk is full");
    }

    [Fact]
    public async Task UnknownTool_IsToldWhichThereAre() =>
        (await ResultAsync(Tool.Of(() => 1, "known"), null, "unknown")).ShouldBe("Error: There is no tool 'unknown'. The tools are: known.");

    [Fact]
    public async Task MissingArgument_IsAnErrorThatNamesIt() =>
        (await ResultAsync(Tool.Of((string invoice) => invoice, "t"), null)).ShouldContain("invoice");

    [Fact]
    public async Task SynchronousTool_SeesTheRunFromItsThread()
    {
        string? user = null;
        var model = Models.Scripted(ScriptedTurn.Call("t"), "done");
        await new Agent("x", model, new() { Tools = [Tool.Of(() => { user = RunContext.Current?.UserId; }, "t")] }).RunAsync("go", new RunOptions { UserId = "ada" }, Stop);
        user.ShouldBe("ada");
        RunContext.Current.ShouldBeNull();
    }

    [Fact]
    public async Task DuplicateAndMissingCallIds_AreMadeUnique()
    {
        var turn = new ScriptedTurn().AndCall("t", new { n = 1 }, "same").AndCall("t", new { n = 2 }, "same").AndCall("t", new { n = 3 }, "");
        var model = Models.Scripted(turn, "done");
        await new Agent("x", model, new() { Tools = [Tool.Of((int n) => n * 10, "t")] }).RunAsync("go", cancellationToken: Stop);
        model.Calls[1].ToolResults.ShouldBe(["10", "20", "30"]);
        model.Calls[1].Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().Select(call => call.CallId).Distinct().Count().ShouldBe(3);
    }

    [Description("Adds numbers.")]
    private static int Add([Description("the first")] int a, int b = 1) => a + b;

    [Fact]
    public void Tool_TakesNameDescriptionAndSchemaFromTheMethod()
    {
        var tool = Tool.Of(Add);
        tool.Name.ShouldBe("Add");
        tool.Description.ShouldBe("Adds numbers.");
        tool.JsonSchema.GetProperty("required").EnumerateArray().Select(one => one.GetString()).ShouldBe(["a"]);
        tool.JsonSchema.GetProperty("properties").GetProperty("a").GetProperty("description").GetString().ShouldBe("the first");
    }

    [Fact]
    public async Task ToolsOwnTimeout_ComesBeforeTheAgents()
    {
        var clock = new Loomflow.Testing.ManualTimeProvider();
        var tool = Tool.Of(async (CancellationToken stop) => await Task.Delay(Timeout.Infinite, stop), new ToolOptions { Name = "t", Timeout = TimeSpan.FromSeconds(3) });
        var model = Models.Scripted(ScriptedTurn.Call("t"), "done");
        var run = new Agent("x", model, new() { Tools = [tool] }).RunAsync("go", new RunOptions { Time = clock }, Stop);
        await clock.RunAsync(run, TimeSpan.FromSeconds(4));

        model.Calls[1].ToolResults.Single().ShouldContain("3 s");
    }
}
