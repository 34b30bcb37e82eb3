using Microsoft.CodeAnalysis;

namespace Loomflow.Generators.Tests;

/// <summary>Real code, compiled with the generator and run: which calls become steps, and that they still do what they did.</summary>
public class InterceptorTests
{
    // Sample.Run runs Body inside a live run and tells the paths of the steps that completed, and what Body gave.
    private const string Harness = """

        public static partial class Sample
        {
            public static async Task<string> Run()
            {
                var plain = await Body();
                var events = new Recorder();
                var context = new RunContext { Run = new RunIdentity { RunId = "run_1", Name = "sample", SessionId = "sess_1" }, Events = events };
                string live;
                using (new StepScope(context).Enter()) live = await Body();
                if (plain != live) throw new Exception($"outside a run: {plain}, inside: {live}");
                return $"{string.Join(" ", events.Completed)} => {live}";
            }

            private sealed class Recorder : IRunEventWriter
            {
                public List<string> Completed { get; } = [];

                public ValueTask<RunEvent> AppendAsync(RunEvent runEvent, CancellationToken cancellationToken = default)
                {
                    if (runEvent is StepCompleted) Completed.Add(runEvent.Path);
                    return new(runEvent);
                }

                public ValueTask WriteDeltaAsync(TextDelta delta, CancellationToken cancellationToken = default) => default;
            }
        }
        """;

    [Theory]
    [InlineData("static", "[Step] internal static async Task<string> Say(string s) { await Task.Yield(); return s; }", "await Say(\"a\")", "Say => a")]
    [InlineData("private static", "[Step] private static async Task<string> Say(string s) { await Task.Yield(); return s; }", "await Say(\"a\")", "Say => a")]
    [InlineData("name", "[Step(Name = \"say v2\")] private static async Task<string> Say(string s) { await Task.Yield(); return s; }", "await Say(\"a\")", "say v2 => a")]
    [InlineData("no arguments", "[Step] private static async Task<int> One() { await Task.Yield(); return 1; }", "(await One()).ToString()", "One => 1")]
    [InlineData("no result", "[Step] private static async Task Do() { await Task.Yield(); } static async Task<string> Go() { await Do(); return \"x\"; }", "await Go()", "Do => x")]
    [InlineData("value task", "[Step] private static async ValueTask Do() { await Task.Yield(); } [Step] private static async ValueTask<int> Two() { await Do(); return 2; }", "(await Two()).ToString()", "Two/Do Two => 2")]
    [InlineData("optional and params", "[Step] private static async Task<string> Say(string s, int times = 2, params string[] rest) { await Task.Yield(); return s + times + string.Concat(rest); }", "await Say(\"a\") + await Say(times: 3, s: \"b\") + await Say(\"c\", 1, \"x\", \"y\")", "Say Say:2 Say:3 => a2b3c1xy")]
    [InlineData("cancellation token", "[Step] private static async Task<bool> Say(CancellationToken c, int x = 1) { await Task.Yield(); return c.CanBeCanceled; }", "(await Say(new CancellationTokenSource().Token)).ToString()", "Say => True")]
    [InlineData("generic method", "[Step] private static async Task<T> Same<T>(T x) where T : notnull { await Task.Yield(); return x; }", "await Same(\"a\") + await Same(1) + await Same<List<int>>([1])", "Same Same:2 Same:3 => a1System.Collections.Generic.List`1[System.Int32]")]
    [InlineData("anonymous type", "[Step] private static async Task<T> Same<T>(T x) { await Task.Yield(); return x; }", "(await Same(new { A = 1 })).A.ToString()", "Same => 1")]
    [InlineData("tuple", "[Step] private static async Task<(int Sum, string Text)> Add((int A, int B) x) { await Task.Yield(); return (x.A + x.B, \"!\"); }", "(await Add((1, 2))).Sum + (await Add((1, 2))).Text", "Add Add:2 => 3!")]
    [InlineData("keyword names", "[Step] internal static async Task<int> @class(int @int) { await Task.Yield(); return @int; }", "(await @class(3)).ToString()", "class => 3")]
    [InlineData("many parameters", "[Step] private static async Task<int> Sum(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) { await Task.Yield(); return a+b+c+d+e+f+g+h+i+j; }", "(await Sum(1,2,3,4,5,6,7,8,9,10)).ToString()", "Sum => 55")]
    [InlineData("dynamic", "[Step] private static async Task<int> Twice(dynamic x) { await Task.Yield(); return x * 2; }", "(await Twice((object)4)).ToString()", "Twice => 8")]
    [InlineData("not awaited at once", "[Step] private static async Task<int> One(int x) { await Task.Yield(); return x; }", "(await Task.WhenAll(One(1))).Sum().ToString()", "One => 1")]
    [InlineData("inside a lambda", "[Step] private static async Task<int> One(int x) { await Task.Yield(); return x; }", "await ((Func<Task<string>>)(async () => (await One(4)).ToString()))()", "One => 4")]
    [InlineData("overloads", "[Step] private static async Task<string> Say(object o) { await Task.Yield(); return \"o\"; } [Step] private static async Task<string> Say(string o) { await Task.Yield(); return \"s\"; } [Step] private static async Task<string> Say<T>(List<T> o) { await Task.Yield(); return \"l\"; }", "await Say((object)\"x\") + await Say(\"x\") + await Say(new List<int>())", "Say Say:2 Say:3 => osl")]
    [InlineData("synchronous throw", "[Step] private static Task<int> Boom() => throw new NotSupportedException(\"no\"); static async Task<string> Go() { try { await Boom(); } catch (NotSupportedException e) { return e.Message; } return \"\"; }", "await Go()", " => no")]
    public async Task Call_OfAMethodIn_StaticClass_IsAStep(string shape, string members, string body, string expectation)
    {
        shape.ShouldNotBeEmpty();
        (await Compiled.From($$"""
            public static partial class Sample
            {
                {{members}}
                private static async Task<string> Body() => {{body}};
            }
            {{Harness}}
            """).RunAsync()).ShouldBe(expectation);
    }

    [Theory]
    [InlineData("instance", "public class Desk { public int N = 3; [Step] public async Task<int> Ask(int x) { await Task.Yield(); return N + x; } }", "(await new Desk().Ask(1)).ToString()", "Ask => 4")]
    [InlineData("private instance", "public class Desk { [Step] private async Task<int> Ask(int x) { await Task.Yield(); return x; } public Task<int> Go() => Ask(7); }", "(await new Desk().Go()).ToString()", "Ask => 7")]
    [InlineData("conditional access", "public class Desk { [Step] public async Task<string> Ask() { await Task.Yield(); return \"a\"; } }", "await (new Desk()?.Ask() ?? Task.FromResult(\"\"))", "Ask => a")]
    [InlineData("private generic method in generic nested type", "public class A<T> { public class B<U> { [Step] private async Task<(T, U, V)> Ask<V>(T t, U u, V v) where V : class { await Task.Yield(); return (t, u, v); } public async Task<string> Go(T t, U u) => (await Ask(t, u, \"v\")).ToString(); } }", "await new A<int>.B<bool>().Go(1, true)", "Ask => (1, True, v)")]
    [InlineData("generic type constraints", "public class A<T> where T : struct, IComparable<T> { [Step] private async Task<T> Max(T a, T b) { await Task.Yield(); return a.CompareTo(b) > 0 ? a : b; } public async Task<string> Go(T a, T b) => (await Max(a, b)).ToString()!; }", "await new A<int>().Go(3, 9)", "Max => 9")]
    [InlineData("interface", "public interface IDesk { [Step] Task<int> Ask(); } public class Desk : IDesk { [Step] public async Task<int> Ask() { await Task.Yield(); return 1; } }", "(await ((IDesk)new Desk()).Ask() + await new Desk().Ask()).ToString()", "Ask Ask:2 => 2")]
    [InlineData("explicit interface implementation", "public interface IDesk { [Step] Task<int> Ask(); } public class Desk : IDesk { async Task<int> IDesk.Ask() { await Task.Yield(); return 1; } }", "(await ((IDesk)new Desk()).Ask()).ToString()", "Ask => 1")]
    [InlineData("type parameter", "public interface IDesk { [Step] Task<int> Ask(); } public class Desk : IDesk { [Step] public async Task<int> Ask() { await Task.Yield(); return 1; } public static Task<int> Of<T>(T desk) where T : IDesk => desk.Ask(); }", "(await Desk.Of(new Desk())).ToString()", "Ask => 1")]
    [InlineData("virtual and override", "public class A { [Step] public virtual async Task<string> Ask() { await Task.Yield(); return \"a\"; } } public class B : A { public override async Task<string> Ask() { await Task.Yield(); return await base.Ask() + \"b\"; } }", "await ((A)new B()).Ask() + await new B().Ask()", "Ask Ask:2 => abab")]
    [InlineData("protected virtual", "public class A { [Step] protected virtual async Task<string> Ask() { await Task.Yield(); return \"a\"; } public Task<string> Go() => Ask(); } public class B : A { protected override async Task<string> Ask() { await Task.Yield(); return \"b\"; } }", "await new B().Go()", "Ask => b")]
    [InlineData("struct", "public struct P(int x) { [Step] public async Task<int> Ask(int y) { await Task.Yield(); return x + y; } }", "(await new P(1).Ask(2)).ToString()", "Ask => 3")]
    [InlineData("readonly struct, private", "public readonly record struct P(int X) { [Step] private async Task<int> Ask(int y) { await Task.Yield(); return X + y; } public Task<int> Go() => Ask(4); }", "(await new P(1).Go()).ToString()", "Ask => 5")]
    [InlineData("extension", "public static class E { [Step] public static async Task<int> Len(this string s, int plus = 1) { await Task.Yield(); return s.Length + plus; } }", "(await \"abc\".Len() + await E.Len(\"a\", 2)).ToString()", "Len Len:2 => 7")]
    [InlineData("private extension", "public static class E { [Step] private static async Task<int> Len<T>(this IEnumerable<T> s) { await Task.Yield(); return s.Count(); } public static Task<int> Go() => new[] { 1, 2 }.Len(); }", "(await E.Go()).ToString()", "Len => 2")]
    [InlineData("static in private nested type", "public static class E { private static class N { [Step] public static async Task<int> One() { await Task.Yield(); return 1; } } public static Task<int> Go() => N.One(); }", "(await E.Go()).ToString()", "One => 1")]
    [InlineData("static in file-local type", "file class N { [Step] public static async Task<int> One() { await Task.Yield(); return 1; } } public class E { public static Task<int> Go() => N.One(); }", "(await E.Go()).ToString()", "One => 1")]
    [InlineData("static in generic type", "public class G<T> { [Step] private static async Task<T> One(T x) { await Task.Yield(); return x; } public static Task<T> Go(T x) => One(x); }", "(await G<int>.Go(3)).ToString()", "One => 3")]
    [InlineData("primary constructor, field initialiser", "public class D(string n) { private readonly Task<string> _t = Ask(n); [Step] private static async Task<string> Ask(string n) { await Task.Yield(); return n; } public Task<string> Go() => _t; }", "await new D(\"q\").Go()", "Ask => q")]
    [InlineData("recursion", "public static class R { [Step] public static async Task<int> Down(int n) => n == 0 ? 0 : 1 + await Down(n - 1); }", "(await R.Down(2)).ToString()", "Down/Down/Down Down/Down Down => 2")]
    [InlineData("base call", "public class A { [Step] public virtual async Task<int> Ask() { await Task.Yield(); return 1; } } public class B : A { public Task<int> Go() => base.Ask(); public override Task<int> Ask() => throw new Exception(); }", "(await new B().Go()).ToString()", " => 1")]
    [InlineData("original on purpose", "public static class R { [Step] public static async Task<int> One() { await Task.Yield(); return 1; } }", "(await InlineStep.Original(() => R.One()) + await InlineStep.Original(async () => await R.One() + 1)).ToString()", " => 3")]
    [InlineData("expression tree", "public static class R { [Step] public static async Task<int> One() { await Task.Yield(); return 1; } public static System.Linq.Expressions.Expression<Func<Task<int>>> E = () => One(); }", "(await R.E.Compile()()).ToString()", " => 1")]
    [InlineData("oblivious code", "#nullable disable\npublic class D { [Step] private async Task<string> Ask(string n) { await Task.Yield(); return n; } public Task<string> Go() => Ask(null); }\n#nullable restore\n", "await new D().Go() ?? \"null\"", "Ask => null")]
    public async Task Call_OfAMethodIn_AnotherType_IsAStep(string shape, string types, string body, string expectation)
    {
        shape.ShouldNotBeEmpty();
        (await Compiled.From($$"""
            {{types}}

            public static partial class Sample
            {
                private static async Task<string> Body() => {{body}};
            }
            {{Harness}}
            """).RunAsync()).ShouldBe(expectation);
    }

    [Fact]
    public async Task Call_OfALibrarysMethod_IsAStep()
    {
        var library = Compiled.Compile("namespace Lib { public class Desk { [Step] public async Task<int> Ask() { await Task.Yield(); return 5; } } }");
        using var image = new MemoryStream();
        library.Emit(image, cancellationToken: TestContext.Current.CancellationToken).Success.ShouldBeTrue();
        var loaded = System.Reflection.Assembly.Load(image.ToArray());
        AppDomain.CurrentDomain.AssemblyResolve += (_, asked) => asked.Name == loaded.FullName ? loaded : null;

        (await Compiled.From($$"""
            public static partial class Sample
            {
                private static async Task<string> Body() => (await new Lib.Desk().Ask()).ToString();
            }
            {{Harness}}
            """, MetadataReference.CreateFromImage(image.ToArray())).RunAsync()).ShouldBe("Ask => 5");
    }

    [Fact]
    public void CodeWithoutSteps_GetsNothing() =>
        Compiled.From("public static class Sample { public static void Run() => Console.WriteLine(); }").Output.SyntaxTrees.Count().ShouldBe(2);

    [Fact]
    public void EditElsewhere_ComputesNoInterceptorAgain()
    {
        var token = TestContext.Current.CancellationToken;
        var compilation = Compiled.Compile("""
            public static class Sample
            {
                [Step] public static async Task One() => await Task.Yield();
                public static Task Run() => One();
            }
            """);
        var driver = Compiled.Driver().RunGenerators(compilation, token);
        var other = Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree.ParseText("class Other { void M() => Console.WriteLine(1); }", (Microsoft.CodeAnalysis.CSharp.CSharpParseOptions)compilation.SyntaxTrees[0].Options, cancellationToken: token);

        var result = driver.RunGenerators(compilation.AddSyntaxTrees(other), token).GetRunResult();

        result.Results.Single().TrackedOutputSteps.SelectMany(step => step.Value).SelectMany(step => step.Outputs)
            .ShouldAllBe(output => output.Reason == IncrementalStepRunReason.Cached);
    }
}
