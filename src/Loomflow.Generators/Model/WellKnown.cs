using Microsoft.CodeAnalysis;

namespace Loomflow.Generators;

/// <summary>Recognises the types that analyzers and generator look for.</summary>
internal static class WellKnown
{
    public static bool IsLoomflow(this ITypeSymbol? type, string name) =>
        type is { ContainingNamespace: { Name: "Loomflow", ContainingNamespace.IsGlobalNamespace: true }, ContainingType: null } && type.Name == name;

    public static bool IsCancellationToken(this ITypeSymbol type) => type is { Name: "CancellationToken" } && IsIn(type, "System.Threading");

    public static bool IsIn(this ITypeSymbol type, string @namespace) => type.ContainingType is null && type.ContainingNamespace?.ToDisplayString() == @namespace;

    public static AttributeData? FindAttribute(this ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(attribute => attribute.AttributeClass.IsLoomflow(name));

    /// <summary>The <c>[Step]</c> that applies to calls of the method: its own, or that of a method that it overrides.</summary>
    public static AttributeData? FindStepAttribute(this IMethodSymbol method)
    {
        for (var declared = method; declared is not null; declared = declared.OverriddenMethod)
        {
            if (declared.FindAttribute("StepAttribute") is { } attribute) return attribute;
        }

        return null;
    }

    public static T? Named<T>(this AttributeData attribute, string name) =>
        attribute.NamedArguments.FirstOrDefault(argument => argument.Key == name).Value is { Kind: not TypedConstantKind.Array, Value: T value } ? value : default;
}
