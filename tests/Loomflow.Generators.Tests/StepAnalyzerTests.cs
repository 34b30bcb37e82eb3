namespace Loomflow.Generators.Tests;

public class StepAnalyzerTests
{
    [Theory]
    [InlineData("[Step] public string Ask() => \"\";", "LOOM001(3): [Step] needs an async method, but 'Ask' returns 'string': make it async and let it return Task<string>, so that its calls get span, audit entries and journaling; or remove [Step], since Workflow.Chain and Workflow.Route take synchronous methods as they are")]
    [InlineData("[Step] public async void Ask() => await Task.Yield();", "LOOM001(3): [Step] needs an async method, but 'Ask' returns 'void': make it async and let it return Task")]
    [InlineData("[Step] public IAsyncEnumerable<int> Ask() => throw new Exception();", "LOOM001(3): [Step] needs an async method, but 'Ask' returns 'IAsyncEnumerable<int>'")]
    [InlineData("public void M() { Ask(); [Step] int Ask() => 1; }", "LOOM001(3)|LOOM005(3)")]
    [InlineData("[Step] public Task Ask(in int x) => Task.CompletedTask;", "LOOM002(3): [Step] method 'Ask' takes 'x' by reference")]
    [InlineData("[Step] public Task Ask(ReadOnlySpan<char> x) => Task.CompletedTask;", "LOOM002(3): [Step] method 'Ask' takes 'x' by reference")]
    [InlineData("private class Hidden; [Step] private Task Ask(Hidden x) => Task.CompletedTask;", "LOOM003(3): Calls of [Step] method 'Ask' are plain calls, because 'Desk.Hidden' is not accessible outside the type around it: make it internal, or call it through InlineStep.RunAsync(\"Ask\", …)")]
    [InlineData("private class Hidden { [Step] public Task Ask() => Task.CompletedTask; }", "LOOM003(3): Calls of [Step] method 'Ask' are plain calls, because 'Desk.Hidden' is not")]
    [InlineData("public interface I { Task Ask(); } public class C : I { [Step] public Task Ask() => Task.CompletedTask; }", "LOOM004(3): Calls of 'I.Ask' are not steps, although 'C.Ask' has [Step]: put [Step] on 'I.Ask' too")]
    [InlineData("public interface I { [Step] Task Ask(); } public class C : I { public Task Ask() => Task.CompletedTask; }", "LOOM004(3): Calls of 'C.Ask' are not steps, although 'I.Ask' has [Step]: put [Step] on 'C.Ask' too")]
    [InlineData("public class A { public virtual Task Ask() => Task.CompletedTask; } public class B : A { [Step] public override Task Ask() => Task.CompletedTask; }", "LOOM004(3): Calls of 'A.Ask' are not steps")]
    [InlineData("public Task M() { return Ask(); [Step] async Task Ask() => await Task.Yield(); }", "LOOM005(3): The call of [Step] local function 'Ask' is a plain call")]
    [InlineData("[Step] public static Task Ask(int x) => Task.CompletedTask; public object M() => new[] { 1 }.Select(Ask);", "LOOM006(3): Calls of [Step] method 'Ask' through this delegate are plain calls: pass a lambda that calls it, or InlineStep.Of(Ask)")]
    [InlineData("[Step(Name = \" \")] public Task Ask() => Task.CompletedTask;", "LOOM007(3): [Step(Name = \" \")] on 'Ask' gives no name")]
    public async Task Mistake_IsReported(string member, string expectation)
    {
        var found = await Compiled.From($"public class Desk\n{{\n    {member}\n}}").AnalyzeAsync();
        var expected = expectation.Split('|');
        found.Count.ShouldBe(expected.Length);
        for (var i = 0; i < expected.Length; i++) found.Order().ElementAt(i).ShouldStartWith(expected[i]);
    }

    [Theory]
    [InlineData("[Step] public async Task<string> Ask(string x, CancellationToken c = default, params int[] y) { await Task.Yield(); return x; }")]
    [InlineData("[Step] public Task Ask() => Task.CompletedTask; public Task M() => Ask();")]
    [InlineData("public interface I { [Step] Task Ask(); } public class C : I { [Step] public Task Ask() => Task.CompletedTask; }")]
    [InlineData("public interface I { [Step] Task Ask(); } public class C : I { Task I.Ask() => Task.CompletedTask; }")]
    [InlineData("public class A { [Step] public virtual Task Ask() => Task.CompletedTask; } public class B : A { public override Task Ask() => Task.CompletedTask; }")]
    [InlineData("[Step] public static Task<int> Ask(int x) => Task.FromResult(x); public object M() => (Step.Of<int, int>(Ask), InlineStep.Of<int, int>(Ask), nameof(Ask), new[] { 1 }.Select(x => Ask(x)));")]
    [InlineData("private static class Hidden { [Step] public static Task Ask() => Task.CompletedTask; }")]
    public async Task GoodUse_IsNotReported(string member) =>
        (await Compiled.From($"public class Desk\n{{\n    {member}\n}}").AnalyzeAsync()).ShouldBeEmpty();

    [Theory]
    [InlineData("Make it async", "[Step] public string Ask(int x) => \"a\";", "[Step] public async Task<string> Ask(int x) => \"a\";")]
    [InlineData("Make it async", "[Step] static void Ask() { }", "[Step] static async Task Ask() { }")]
    [InlineData("Remove [Step]", "[Step] public string Ask() => \"a\";", "public string Ask() => \"a\";")]
    [InlineData("Remove [Step]", "[Obsolete, Step] public string Ask() => \"a\";", "[Obsolete] public string Ask() => \"a\";")]
    [InlineData("Add [Step] to the other declaration", "public interface I { Task Ask(); } public class C : I { [Step] public Task Ask() => Task.CompletedTask; }", "public interface I { [Step] Task Ask(); } public class C : I { [Step] public Task Ask() => Task.CompletedTask; }")]
    [InlineData("Call it in a lambda", "[Step] static Task Ask(int x) => Task.CompletedTask; object M() => new[] { 1 }.Select(Ask);", "[Step] static Task Ask(int x) => Task.CompletedTask; object M() => new[] { 1 }.Select(arg => Ask(arg));")]
    public async Task Fix_Mends(string title, string before, string after)
    {
        var mended = await Compiled.FixAsync($"public class Desk\n{{\n    {before}\n}}", title);
        Squeezed(mended).ShouldBe(Squeezed($"public class Desk {{ {after} }}"));

        static string Squeezed(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
