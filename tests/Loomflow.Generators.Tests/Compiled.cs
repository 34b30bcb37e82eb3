using System.Collections.Immutable;
using System.Reflection;
using System.Runtime.Loader;
using Loomflow.CodeFixes;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;

namespace Loomflow.Generators.Tests;

/// <summary>Compiles C# with the generator and the analyzers, as a project that uses Loomflow would.</summary>
internal sealed class Compiled
{
    private static readonly CSharpParseOptions s_parse = CSharpParseOptions.Default
        .WithLanguageVersion(LanguageVersion.Latest)
        .WithFeatures([new KeyValuePair<string, string>("InterceptorsNamespaces", "Loomflow.Generated")]);

    private static readonly ImmutableArray<MetadataReference> s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal) || name is "Loomflow.dll" or "Microsoft.CSharp.dll" || name.StartsWith("Microsoft.Extensions.AI", StringComparison.Ordinal)))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private const string Usings = "global using System; global using System.Collections.Generic; global using System.Linq; global using System.Threading; global using System.Threading.Tasks; global using Loomflow;";

    private Compiled(CSharpCompilation source, Compilation output, ImmutableArray<Diagnostic> generatorDiagnostics)
    {
        Source = source;
        Output = output;
        GeneratorDiagnostics = generatorDiagnostics;
    }

    public CSharpCompilation Source { get; }

    public Compilation Output { get; }

    public ImmutableArray<Diagnostic> GeneratorDiagnostics { get; }

    public static Compiled From(string source, params MetadataReference[] more)
    {
        var compilation = Compile(source, more);
        CSharpGeneratorDriver.Create([new StepInterceptorGenerator().AsSourceGenerator()], parseOptions: s_parse)
            .RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics);
        return new Compiled(compilation, output, diagnostics);
    }

    public static CSharpCompilation Compile(string source, params MetadataReference[] more) => CSharpCompilation.Create(
        $"Sample{Guid.NewGuid():n}",
        [CSharpSyntaxTree.ParseText(SourceText.From(Usings, System.Text.Encoding.UTF8), s_parse, "Usings.cs"), CSharpSyntaxTree.ParseText(SourceText.From(source, System.Text.Encoding.UTF8), s_parse, "Sample.cs")],
        [.. s_references, .. more],
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));

    public static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new StepInterceptorGenerator().AsSourceGenerator()], parseOptions: s_parse,
        driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));

    /// <summary>Runs <c>Sample.Run()</c> and gives what it returns, as text.</summary>
    public async Task<string?> RunAsync()
    {
        using var assembly = Emit();
        var context = new AssemblyLoadContext("sample", isCollectible: true);
        try
        {
            var run = context.LoadFromStream(assembly).GetType("Sample")!.GetMethod("Run", BindingFlags.Static | BindingFlags.Public)!;
            var task = (Task)run.Invoke(null, null)!;
            await task;
            return task.GetType().GetProperty("Result")?.GetValue(task)?.ToString();
        }
        finally
        {
            context.Unload();
        }
    }

    public MemoryStream Emit()
    {
        var stream = new MemoryStream();
        var result = Output.Emit(stream);
        result.Diagnostics.Where(one => one.Severity >= DiagnosticSeverity.Warning).ShouldBeEmpty();
        stream.Position = 0;
        return stream;
    }

    /// <summary>What the analyzers say, as <c>LOOM001(line): message</c>.</summary>
    public async Task<IReadOnlyList<string>> AnalyzeAsync() =>
        [.. (await DiagnoseAsync(Source)).Select(one => $"{one.Id}({one.Location.GetLineSpan().StartLinePosition.Line + 1}): {one.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}")];

    /// <summary>The source after the fix with this title was applied to the first diagnostic that offers it.</summary>
    public static async Task<string> FixAsync(string source, string title)
    {
        using var workspace = new AdhocWorkspace();
        var compilation = Compile(source);
        var project = workspace.AddProject("Sample", LanguageNames.CSharp)
            .WithCompilationOptions(compilation.Options).WithParseOptions(s_parse).AddMetadataReferences(s_references);
        project = project.AddDocument("Usings.cs", Usings).Project;
        var document = project.AddDocument("Sample.cs", source);

        CodeFixProvider[] providers = [.. typeof(AddStepFix).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(CodeFixProvider))).Select(type => (CodeFixProvider)Activator.CreateInstance(type)!)];
        foreach (var diagnostic in await DiagnoseAsync((CSharpCompilation)(await document.Project.GetCompilationAsync())!))
        {
            var actions = new List<CodeAction>();
            foreach (var provider in providers.Where(provider => provider.FixableDiagnosticIds.Contains(diagnostic.Id)))
            {
                await provider.RegisterCodeFixesAsync(new CodeFixContext(document, diagnostic, (action, _) => actions.Add(action), CancellationToken.None));
            }

            if (actions.Find(action => action.Title == title) is not { } fix) continue;
            var changed = (await fix.GetOperationsAsync(CancellationToken.None)).OfType<ApplyChangesOperation>().Single().ChangedSolution;
            return (await (await Microsoft.CodeAnalysis.Simplification.Simplifier.ReduceAsync(changed.GetDocument(document.Id)!)).GetTextAsync()).ToString();
        }

        throw new InvalidOperationException($"No diagnostic offers the fix '{title}'.");
    }

    private static async Task<ImmutableArray<Diagnostic>> DiagnoseAsync(CSharpCompilation compilation)
    {
        ImmutableArray<DiagnosticAnalyzer> analyzers =
            [.. typeof(StepAnalyzer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(DiagnosticAnalyzer))).Select(type => (DiagnosticAnalyzer)Activator.CreateInstance(type)!)];
        compilation.GetDiagnostics().Where(one => one.Severity == DiagnosticSeverity.Error).ShouldBeEmpty();
        return [.. (await compilation.WithAnalyzers(analyzers).GetAnalyzerDiagnosticsAsync()).OrderBy(one => one.Location.SourceSpan.Start)];
    }
}
