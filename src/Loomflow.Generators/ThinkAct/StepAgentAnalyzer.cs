using System.Collections.Immutable;
using Loomflow.ThinkAct;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Loomflow.Generators;

/// <summary>Finds what contradicts itself in classes of steps, before they are made.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StepAgentAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => StepAgentDiagnostics.All;

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName("Loomflow.StepAgent") is not { } stepAgent) return;
            start.RegisterSymbolAction(symbol => AnalyzeType(symbol, stepAgent), SymbolKind.NamedType);
            start.RegisterSymbolAction(symbol => AnalyzeMethod(symbol, stepAgent), SymbolKind.Method);
        });
    }

    private static void AnalyzeType(SymbolAnalysisContext context, INamedTypeSymbol stepAgent)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (!StepAgentReader.IsStepAgent(type, stepAgent)) return;

        var steps = StepAgentReader.Steps(type, stepAgent);
        var runs = StepAgentReader.Runs(type, stepAgent);
        var own = steps.Select(step => step.Method).Concat(runs.Select(run => run.Method))
            .Where(method => SymbolEqualityComparer.Default.Equals(method.ContainingType, type))
            .ToLookup(method => method.Name);
        foreach (var problem in StepRules.Check(type.Name, [.. steps.Select(step => step.Declaration)], [.. runs.Select(run => run.Declaration)]))
        {
            // What is wrong with an inherited method is said where it is declared; an abstract class leaves the rest to others.
            var place = problem.Method is null ? type.IsAbstract ? null : (ISymbol)type : own[problem.Method].LastOrDefault();
            if (place is not null) Report(context, problem.Id, place, problem.Message);
        }
    }

    private static void AnalyzeMethod(SymbolAnalysisContext context, INamedTypeSymbol stepAgent)
    {
        var method = (IMethodSymbol)context.Symbol;
        var attribute = method.GetAttributes().FirstOrDefault(one => StepAgentReader.IsStep(one) || one.AttributeClass.IsLoomflow("RunAttribute"));
        if (attribute is not null && !StepAgentReader.IsStepAgent(method.ContainingType, stepAgent))
        {
            var name = attribute.AttributeClass!.Name;
            name = name.EndsWith("Attribute", StringComparison.Ordinal) ? name.Substring(0, name.Length - "Attribute".Length) : name;
            Report(context, "LOOM111", method, $"[{name}] on '{method.Name}' does nothing, because '{method.ContainingType.Name}' is no StepAgent: derive it from StepAgent, or remove the attribute");
        }
    }

    private static void Report(SymbolAnalysisContext context, string id, ISymbol place, string message) =>
        context.ReportDiagnostic(Diagnostic.Create(StepAgentDiagnostics.All.First(rule => rule.Id == id), place.Locations.FirstOrDefault(), message));
}
