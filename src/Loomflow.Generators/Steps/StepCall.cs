using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Loomflow.Generators;

/// <summary>A call of a <c>[Step]</c> method that the compiler is told to redirect.</summary>
internal sealed record StepCall(string LocationAttribute, StepMethod Method)
{
    public static StepCall? Read(GeneratorSyntaxContext context, CancellationToken cancellationToken)
    {
        var invocation = (InvocationExpressionSyntax)context.Node;
        var model = context.SemanticModel;
        if (model.GetSymbolInfo(invocation, cancellationToken).Symbol is not IMethodSymbol symbol
            || (symbol.ReducedFrom ?? symbol).OriginalDefinition is not { } method
            || method.FindStepAttribute() is not { } attribute
            || StepMethodReader.ReturnKind(method) == TaskKind.None
            || StepMethodReader.FindByReference(method) is not null
            || StepMethodReader.FindObstacle(method, model.Compilation) is not null
            || IsLeftAlone(invocation, model, cancellationToken)
            || model.GetInterceptableLocation(invocation, cancellationToken) is not { } location)
        {
            return null;
        }

        return new StepCall(location.GetInterceptsLocationAttributeSyntax(), StepMethodReader.Read(method, attribute, model.Compilation));
    }

    /// <summary>
    /// A call through <c>base</c> belongs to the step that overrides it; what an expression tree says is data; and
    /// <c>InlineStep.Original</c> asks for the original.
    /// </summary>
    private static bool IsLeftAlone(InvocationExpressionSyntax invocation, SemanticModel model, CancellationToken cancellationToken)
    {
        if (invocation.Expression is MemberAccessExpressionSyntax { Expression: BaseExpressionSyntax }) return true;
        foreach (var lambda in invocation.Ancestors().OfType<LambdaExpressionSyntax>())
        {
            if (model.GetTypeInfo(lambda, cancellationToken).ConvertedType is { Name: "Expression" } converted && converted.IsIn("System.Linq.Expressions")) return true;
            if (lambda.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax outer }
                && model.GetSymbolInfo(outer, cancellationToken).Symbol is IMethodSymbol { Name: "Original" } called
                && called.ContainingType.IsLoomflow("InlineStep"))
            {
                return true;
            }
        }

        return false;
    }
}
