using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Operations;

namespace Loomflow.Generators;

/// <summary>Finds <c>[Step]</c> attributes that cannot do what they say, and calls that they do not reach.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class StepAnalyzer : DiagnosticAnalyzer
{
    /// <inheritdoc />
    public override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics { get; } =
    [
        StepDiagnostics.NotAsync, StepDiagnostics.ByReference, StepDiagnostics.NotRedirectable, StepDiagnostics.OnlyOneSide,
        StepDiagnostics.LocalFunction, StepDiagnostics.ThroughDelegate, StepDiagnostics.EmptyName,
    ];

    /// <inheritdoc />
    public override void Initialize(AnalysisContext context)
    {
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.EnableConcurrentExecution();
        context.RegisterCompilationStartAction(static start =>
        {
            if (start.Compilation.GetTypeByMetadataName("Loomflow.StepAttribute") is null) return;
            start.RegisterSymbolAction(AnalyzeMethod, SymbolKind.Method);
            start.RegisterSymbolAction(AnalyzeType, SymbolKind.NamedType);
            start.RegisterSyntaxNodeAction(AnalyzeFunction, SyntaxKind.LocalFunctionStatement, SyntaxKind.ParenthesizedLambdaExpression);
            start.RegisterOperationAction(AnalyzeCall, OperationKind.Invocation);
            start.RegisterOperationAction(AnalyzeReference, OperationKind.MethodReference);
        });
    }

    private static void AnalyzeMethod(SymbolAnalysisContext context)
    {
        var method = (IMethodSymbol)context.Symbol;
        if (method.FindAttribute("StepAttribute") is not { } attribute) return;

        if (FindMistake(method, attribute) is { } mistake)
        {
            context.ReportDiagnostic(mistake);
        }
        else if (method.MethodKind != MethodKind.ExplicitInterfaceImplementation && StepMethodReader.FindObstacle(method, context.Compilation) is { } obstacle)
        {
            context.ReportDiagnostic(Diagnostic.Create(StepDiagnostics.NotRedirectable, Place(method), method.Name, obstacle));
        }

        foreach (var declaration in DeclarationsBehind(method).Where(declaration => declaration.FindStepAttribute() is null))
        {
            ReportOneSided(context, method, missing: declaration, has: method);
        }
    }

    // An interface member has [Step], but the public method that implements it has none.
    private static void AnalyzeType(SymbolAnalysisContext context)
    {
        var type = (INamedTypeSymbol)context.Symbol;
        if (type.TypeKind == TypeKind.Interface) return;
        foreach (var member in type.AllInterfaces.SelectMany(one => one.GetMembers()).OfType<IMethodSymbol>())
        {
            if (member.FindAttribute("StepAttribute") is not null
                && type.FindImplementationForInterfaceMember(member) is IMethodSymbol { MethodKind: MethodKind.Ordinary } implementation
                && SymbolEqualityComparer.Default.Equals(implementation.ContainingType, type)
                && implementation.FindStepAttribute() is null)
            {
                ReportOneSided(context, implementation, missing: implementation, has: member);
            }
        }
    }

    private static void AnalyzeFunction(SyntaxNodeAnalysisContext context)
    {
        var symbol = context.Node is LocalFunctionStatementSyntax
            ? context.SemanticModel.GetDeclaredSymbol(context.Node, context.CancellationToken)
            : context.SemanticModel.GetSymbolInfo(context.Node, context.CancellationToken).Symbol;
        if (symbol is IMethodSymbol function && function.FindAttribute("StepAttribute") is { } attribute && FindMistake(function, attribute) is { } mistake)
        {
            context.ReportDiagnostic(mistake);
        }
    }

    private static void AnalyzeCall(OperationAnalysisContext context)
    {
        var call = (IInvocationOperation)context.Operation;
        if (call.TargetMethod is { MethodKind: MethodKind.LocalFunction } function && function.FindAttribute("StepAttribute") is not null)
        {
            context.ReportDiagnostic(Diagnostic.Create(StepDiagnostics.LocalFunction, call.Syntax.GetLocation(), function.Name));
        }
    }

    private static void AnalyzeReference(OperationAnalysisContext context)
    {
        var reference = (IMethodReferenceOperation)context.Operation;
        if (reference.Method.FindStepAttribute() is null || IsHandedToLoomflow(reference)) return;
        context.ReportDiagnostic(Diagnostic.Create(StepDiagnostics.ThroughDelegate, reference.Syntax.GetLocation(), reference.Method.Name));
    }

    // Step.Of, the workflow builders and InlineStep make a step of it themselves; nameof calls nothing.
    private static bool IsHandedToLoomflow(IOperation reference)
    {
        for (var operation = reference.Parent; operation is not null; operation = operation.Parent)
        {
            switch (operation)
            {
                case INameOfOperation:
                case IInvocationOperation { TargetMethod: var method } when IsLoomflow(method):
                case IObjectCreationOperation { Constructor: { } constructor } when IsLoomflow(constructor):
                    return true;
                case IBlockOperation or IInvocationOperation or IObjectCreationOperation:
                    return false;
            }
        }

        return false;

        static bool IsLoomflow(IMethodSymbol method) => method.ContainingNamespace is { Name: "Loomflow", ContainingNamespace.IsGlobalNamespace: true };
    }

    private static Diagnostic? FindMistake(IMethodSymbol method, AttributeData attribute)
    {
        if (StepMethodReader.ReturnKind(method) == TaskKind.None)
        {
            var returned = method.ReturnsVoid ? "Task" : $"Task<{method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}>";
            return Diagnostic.Create(StepDiagnostics.NotAsync, Place(method), method.Name, method.ReturnType.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat), returned);
        }

        if (StepMethodReader.FindByReference(method) is { } parameter)
            return Diagnostic.Create(StepDiagnostics.ByReference, parameter.Locations.FirstOrDefault(), method.Name, parameter.Name);

        return attribute.Named<string>("Name") is { } name && string.IsNullOrWhiteSpace(name)
            ? Diagnostic.Create(StepDiagnostics.EmptyName, attribute.ApplicationSyntaxReference?.GetSyntax().GetLocation() ?? Place(method), method.Name, name)
            : null;
    }

    private static IEnumerable<IMethodSymbol> DeclarationsBehind(IMethodSymbol method)
    {
        if (method.OverriddenMethod is { } overridden) yield return overridden;
        foreach (var explicitly in method.ExplicitInterfaceImplementations) yield return explicitly;
        foreach (var member in method.ContainingType.AllInterfaces.SelectMany(one => one.GetMembers(method.Name)).OfType<IMethodSymbol>())
        {
            if (SymbolEqualityComparer.Default.Equals(method.ContainingType.FindImplementationForInterfaceMember(member), method)) yield return member;
        }
    }

    private static void ReportOneSided(SymbolAnalysisContext context, IMethodSymbol place, IMethodSymbol missing, IMethodSymbol has) =>
        context.ReportDiagnostic(Diagnostic.Create(
            StepDiagnostics.OnlyOneSide,
            Place(place),
            missing.OriginalDefinition.Locations.Where(location => location.IsInSource),
            $"{missing.ContainingType.Name}.{missing.Name}",
            $"{has.ContainingType.Name}.{has.Name}"));

    private static Location? Place(ISymbol symbol) => symbol.Locations.FirstOrDefault();
}
