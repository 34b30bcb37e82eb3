using System.Reflection;
using System.Runtime.Loader;

namespace Loomflow.Generators.Tests;

/// <summary>What contradicts itself is a diagnostic, and the same sentence is thrown when the agent is made.</summary>
public class StepAgentAnalyzerTests
{
    [Theory]
    [InlineData("LOOM101", "Step 'Ask' streams its answer and checks it as a whole", "[Think(Stream = true, JsonOutput = true)] public string Ask(string x) => x;")]
    [InlineData("LOOM101", "Step 'Ask' streams its answer", "[Think<Answer>(Stream = true)] public string Ask(string x) => x;")]
    [InlineData("LOOM102", "Step 'Ask' gives both the checked JSON and the full response", "[Act(JsonOutput = true, FullResponse = true)] public string Ask(string x) => x;")]
    [InlineData("LOOM103", "Step 'Ask' has ReturnType = typeof(Answer) but does not ask for JSON: add JsonOutput = true, or use the generic attribute, as in [Think<Answer>]", "[Think(ReturnType = typeof(Answer))] public string Ask(string x) => x;")]
    [InlineData("LOOM104", "Step 'Ask' has ToolSelection and ToolConfidence, MaxTools", "static ToolSelection Careful { get; } = new(); [Act(ToolSelection = nameof(Careful), ToolConfidence = 0.5, MaxTools = 2)] public string Ask(string x) => x;")]
    [InlineData("LOOM104", "Step 'Ask' has ToolSelection and ToolModel", "static readonly ToolSelection Careful = new(); [Act(ToolSelection = nameof(Careful), ToolModel = \"small\")] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has ToolConfidence = 1.5: it must be a number from 0 to 1", "[Think(ToolConfidence = 1.5)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has ToolConfidence = -0.1", "[Think(ToolConfidence = -0.1)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has Temperature = 3", "[Think(Temperature = 3)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has TopP = 2", "[Think(TopP = 2)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has MaxTools = 0", "[Think(MaxTools = 0)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has MaxOutputTokens = -5", "[Think(MaxOutputTokens = -5)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has Retries = -1", "[Think(Retries = -1)] public string Ask(string x) => x;")]
    [InlineData("LOOM105", "Step 'Ask' has TimeoutSeconds = 0", "[Think(TimeoutSeconds = 0)] public string Ask(string x) => x;")]
    [InlineData("LOOM106", "'two words' on 'Ask' is no name for a step", "[Think(\"two words\")] public string Ask(string x) => x;")]
    [InlineData("LOOM106", "'' on 'Ask' is no name for a step", "[Think(\"\")] public string Ask(string x) => x;")]
    [InlineData("LOOM106", "'2nd' on 'Ask' is no name for a step", "[Think(\"2nd\")] public string Ask(string x) => x;")]
    [InlineData("LOOM107", "'Again' is named 'ask', and so is another step of 'Sample'", "[Think(\"ask\")] public string Ask(string x) => x; [Act(\"ask\")] public string Again(string x) => x;")]
    [InlineData("LOOM108", "Step 'Ask' takes 2 values by position, but there is only the input: remove 'y', give it a default, or bind it with [FromStep]", "[Think] public string Ask(string x, string y) => x;")]
    [InlineData("LOOM108", "Step 'Act' takes 3 values by position, but there are only the result before it and the input: remove 'c'", "[Think] public string Ask(string x) => x; [Act] public string Act(string a, string b, string c) => a;")]
    [InlineData("LOOM108", "Step 'Act' takes 2 values by position, but there is only the input", "[Think(PassResult = false)] public string Ask(string x) => x; [Act] public string Act(string a, string b) => a;")]
    [InlineData("LOOM108", "Step 'Ask' asks for the result of 'nobody', and there is no such step: the steps are 'Ask'", "[Think] public string Ask([FromStep(\"nobody\")] string x) => x;")]
    [InlineData("LOOM108", "Step 'Ask' asks for the result of 'Late', which has not run by then", "[Think] public string Ask([FromStep(\"Late\")] string x) => x; [Act] public string Late(string x) => x;")]
    [InlineData("LOOM108", "Step 'Act' asks for the result of 'Ask', which has not run by then: declare 'Ask' before it, and let it be enabled", "[Think(Enabled = false)] public string Ask(string x) => x; [Act] public string Act([FromStep(\"Ask\")] string x) => x;")]
    [InlineData("LOOM109", "Step 'Ask' returns int, but what goes to the model is text", "[Think] public int Ask(string x) => 1;")]
    [InlineData("LOOM109", "Step 'Ask' returns Task<Answer>, but what goes to the model is text", "[Think<Answer>] public Task<Answer> Ask(string x) => null!;")]
    [InlineData("LOOM109", "Step 'Ask' returns void, so it has neither prompt nor result", "[Think] public void Ask(string x) { }")]
    [InlineData("LOOM109", "Step 'Ask' returns Task, so it has neither prompt nor result", "[Think(SendToModel = false)] public Task Ask(string x) => Task.CompletedTask;")]
    [InlineData("LOOM110", "Step 'Ask' is not sent to a model, so Model, Temperature would have no effect", "[Think(SendToModel = false, Model = \"m\", Temperature = 1)] public string Ask(string x) => x;")]
    [InlineData("LOOM110", "Step 'Ask' uses no tools, so ToolConfidence would have no effect", "[Think(UseTools = false, ToolConfidence = 0.5)] public string Ask(string x) => x;")]
    [InlineData("LOOM111", "'Ask' is marked as a step 2 times", "[Think, Act] public string Ask(string x) => x;")]
    [InlineData("LOOM111", "Step 'Ask' is generic", "[Think] public string Ask<T>(string x) => x;")]
    [InlineData("LOOM111", "Step 'Ask' takes 'x' by reference", "[Think] public string Ask(in string x) => x;")]
    [InlineData("LOOM112", "'Sample' has no steps: mark methods with [Think]", "public string Ask(string x) => x;")]
    [InlineData("LOOM113", "'Sample' has more than one [Run] method: 'A' and 'B'", "[Run] public string A(string x) => x; [Run] public string B(string x) => x;")]
    [InlineData("LOOM113", "'A' is marked with [Run] and as a step", "[Run, Think] public string A(string x) => x;")]
    [InlineData("LOOM113", "[Run] method 'A' returns Task: return the result", "[Run] public Task A(string x) => Task.CompletedTask;")]
    [InlineData("LOOM113", "[Run] method 'A' takes 'n', which nothing fills", "[Run] public string A(string x, int n) => x;")]
    [InlineData("LOOM114", "Step 'Ask' takes its tool selection from 'Careful', but there is no such property or field", "[Act(ToolSelection = \"Careful\")] public string Ask(string x) => x;")]
    public async Task Contradiction_IsADiagnostic_AndThrownAtConstruction(string id, string message, string members)
    {
        var compiled = Compile(members);

        var found = await compiled.AnalyzeAsync();
        found.Count.ShouldBe(1, string.Join('\n', found));
        found[0].ShouldStartWith($"{id}(");
        found[0].ShouldContain(message);

        var thrown = Should.Throw<StepAgentDefinitionException>(() => Construct(compiled));
        thrown.Problems.ShouldBe([$"{found[0][(found[0].IndexOf(": ", StringComparison.Ordinal) + 2)..]} ({id})."]);
    }

    [Theory]
    [InlineData("[Think] public string Ask(string x) => x; [Act] public Task<string> B(string before, string input) => Task.FromResult(before); [Observe] public async ValueTask<string> C(string one, string two, string input, CancellationToken c, StepContext context, int n = 3) { await Task.Yield(); return one; }")]
    [InlineData("[Think<Answer>(\"first\", Temperature = 0.3)] public string Ask(string x) => x; [Synthesize(PassResult = false)] public string B(Answer before, [FromStep(\"first\")] Answer same) => \"\";")]
    [InlineData("[Observe(SendToModel = false)] public int Count(string x) => x.Length; [Act(SendToModel = false, Stream = true)] public IAsyncEnumerable<string> Pieces(int n) => null!;")]
    [InlineData("protected ToolSelection Careful => new(); [Act(ToolSelection = nameof(Careful))] private string Ask(string x) => x;")]
    [InlineData("[Think] public string Ask(string x, string y) => x; [Run] public Task<string> Go(string input, StepContext context, CancellationToken c) => StepAsync(Ask, input, input);")]
    public async Task GoodUse_IsFine(string members)
    {
        var compiled = Compile(members);
        (await compiled.AnalyzeAsync()).ShouldBeEmpty();
        Construct(compiled);
    }

    [Fact]
    public async Task StepOutsideAStepAgent_IsADiagnostic() =>
        (await Compiled.From("public class Desk { [Think] public string Ask(string x) => x; }").AnalyzeAsync())
            .ShouldBe(["LOOM111(1): [Think] on 'Ask' does nothing, because 'Desk' is no StepAgent: derive it from StepAgent, or remove the attribute"]);

    [Fact]
    public async Task InheritedSteps_AreJudgedTogether_AndNamedWhereTheyAreDeclared() =>
        (await Compiled.From("""
            public abstract class Basis(Microsoft.Extensions.AI.IChatClient model) : StepAgent(model)
            {
                [Think] public virtual string Ask(string input) => input;
            }

            public class Good(Microsoft.Extensions.AI.IChatClient model) : Basis(model)
            {
                public override string Ask(string input) => input + "?";
                [Act] public string Decide(string answer, string input) => answer;
            }

            public class Bad(Microsoft.Extensions.AI.IChatClient model) : Basis(model)
            {
                [Act("Ask")] public string Decide(string a, string b, string c) => a;
            }
            """).AnalyzeAsync()).Select(one => one[..one.IndexOf(':', StringComparison.Ordinal)]).ShouldBe(["LOOM107(14)", "LOOM108(14)"], ignoreOrder: true);

    [Theory]
    [InlineData("Add JsonOutput = true", "[Think(ReturnType = typeof(int))] public string Ask(string x) => x;", "[Think(ReturnType = typeof(int), JsonOutput = true)] public string Ask(string x) => x;")]
    [InlineData("Remove Stream", "[Think(\"a\", Stream = true, JsonOutput = true)] public string Ask(string x) => x;", "[Think(\"a\", JsonOutput = true)] public string Ask(string x) => x;")]
    [InlineData("Remove FullResponse", "[Think(JsonOutput = true, FullResponse = true)] public string Ask(string x) => x;", "[Think(JsonOutput = true)] public string Ask(string x) => x;")]
    public async Task Fix_Mends(string title, string before, string after) =>
        (await Compiled.FixAsync(Source(before), title)).ShouldBe(Source(after));

    private static Compiled Compile(string members) => Compiled.From(Source(members));

    private static string Source(string members) => $$"""
        public record Answer(string Text);

        public class Sample(Microsoft.Extensions.AI.IChatClient model) : StepAgent(model)
        {
            {{members}}
        }
        """;

    private static void Construct(Compiled compiled)
    {
        using var assembly = compiled.Emit();
        var context = new AssemblyLoadContext("sample", isCollectible: true);
        try
        {
            context.LoadFromStream(assembly).GetType("Sample")!.GetConstructors()[0].Invoke(BindingFlags.DoNotWrapExceptions, null, [Models.Echo()], null);
        }
        finally
        {
            context.Unload();
        }
    }
}
