using System.Collections.Immutable;
using Loomflow.ThinkAct;
using Microsoft.CodeAnalysis;

namespace Loomflow.Generators;

/// <summary>Reads the declarations of a class of steps from symbols, as <c>StepAgentDefinition</c> in Loomflow does by reflection.</summary>
internal static class StepAgentReader
{
    public static bool IsStepAgent(INamedTypeSymbol? type, INamedTypeSymbol stepAgent) =>
        type is not null && Bases(type).Skip(1).Any(one => SymbolEqualityComparer.Default.Equals(one, stepAgent));

    public static bool IsStep(AttributeData attribute) => attribute.AttributeClass is { } type && Bases(type).Any(one => one.IsLoomflow("AgentStepAttribute"));

    /// <summary>The steps in the order in which they run: of base classes first, an override in the place of what it overrides.</summary>
    public static IReadOnlyList<(IMethodSymbol Method, StepDeclaration Declaration)> Steps(INamedTypeSymbol type, INamedTypeSymbol stepAgent)
    {
        List<(IMethodSymbol Method, StepDeclaration Declaration)> steps = [];
        foreach (var method in Methods(type, stepAgent))
        {
            var attributes = AttributesOf(method);
            if (attributes.Count == 0) continue;
            var step = (method, Read(method, attributes, type));
            var overridden = method.OverriddenMethod is { } original ? steps.FindIndex(one => SymbolEqualityComparer.Default.Equals(one.Method.OriginalDefinition, original.OriginalDefinition)) : -1;
            if (overridden >= 0) steps[overridden] = step;
            else steps.Add(step);
        }

        return steps;
    }

    public static IReadOnlyList<(IMethodSymbol Method, RunDeclaration Declaration)> Runs(INamedTypeSymbol type, INamedTypeSymbol stepAgent)
    {
        List<(IMethodSymbol Method, RunDeclaration Declaration)> runs = [];
        foreach (var method in Methods(type, stepAgent))
        {
            if (method.FindAttribute("RunAttribute") is null && !runs.Exists(one => SymbolEqualityComparer.Default.Equals(one.Method, method.OverriddenMethod))) continue;
            var run = (method, new RunDeclaration(method.Name)
            {
                IsStep = AttributesOf(method).Count > 0,
                Returns = Text(method.ReturnType),
                ReturnsValue = !ReturnsNothing(method.ReturnType),
                IsGeneric = method.IsGenericMethod,
                UnknownParameter = method.Parameters.FirstOrDefault(parameter =>
                    parameter.RefKind != RefKind.None || (parameter.Type.SpecialType != SpecialType.System_String && !IsContext(parameter.Type) && !parameter.IsOptional))?.Name,
            });
            var overridden = runs.FindIndex(one => SymbolEqualityComparer.Default.Equals(one.Method, method.OverriddenMethod));
            if (overridden >= 0) runs[overridden] = run;
            else runs.Add(run);
        }

        return runs;
    }

    private static StepDeclaration Read(IMethodSymbol method, List<AttributeData> attributes, INamedTypeSymbol type)
    {
        var attribute = attributes[0];
        var options = attribute.NamedArguments.ToDictionary(argument => argument.Key, argument => argument.Value.Kind == TypedConstantKind.Array ? null : argument.Value.Value);
        var result = attribute.AttributeClass is { IsGenericType: true, TypeArguments: { Length: > 0 } arguments } ? arguments[0] : Option<ITypeSymbol>("ReturnType");
        var given = attribute.AttributeConstructor?.Parameters.Zip(attribute.ConstructorArguments, (parameter, value) => (parameter, value))
            .FirstOrDefault(one => one.parameter is { Name: "name", Type.SpecialType: SpecialType.System_String }).value.Value as string;

        return new StepDeclaration(method.Name, given ?? method.Name)
        {
            HasEmptyName = given is not null && string.IsNullOrWhiteSpace(given),
            SendToModel = Option<bool?>("SendToModel") ?? true,
            Stream = Option<bool>("Stream"),
            JsonOutput = attribute.AttributeClass!.IsGenericType ? Option<bool?>("JsonOutput") ?? true : Option<bool>("JsonOutput"),
            ReturnType = result is null ? null : Text(result),
            FullResponse = Option<bool>("FullResponse"),
            UseTools = Option<bool?>("UseTools") ?? true,
            ToolSelection = Option<string>("ToolSelection"),
            HasToolSelectionMember = Option<string>("ToolSelection") is not { } selection || HasToolSelection(type, selection),
            ToolConfidence = Number("ToolConfidence"),
            ToolModel = Option<string>("ToolModel"),
            MaxTools = Option<int?>("MaxTools"),
            Model = Option<string>("Model"),
            Temperature = Number("Temperature"),
            TopP = Number("TopP"),
            MaxOutputTokens = Option<int?>("MaxOutputTokens"),
            Retries = Option<int>("Retries"),
            TimeoutSeconds = Number("TimeoutSeconds"),
            Enabled = Option<bool?>("Enabled") ?? true,
            PassResult = Option<bool?>("PassResult") ?? true,
            Attributes = attributes.Count,
            Returns = Text(method.ReturnType),
            ReturnsText = ResultOf(method.ReturnType)?.SpecialType == SpecialType.System_String,
            ReturnsNothing = ReturnsNothing(method.ReturnType),
            IsGeneric = method.IsGenericMethod,
            ByReference = method.Parameters.FirstOrDefault(parameter => parameter.RefKind != RefKind.None)?.Name,
            Positional = [.. method.Parameters.Where(parameter => !parameter.IsOptional && !parameter.IsParams && !IsContext(parameter.Type) && parameter.FindAttribute("FromStepAttribute") is null).Select(parameter => parameter.Name)],
            FromSteps = [.. method.Parameters.Select(parameter => parameter.FindAttribute("FromStepAttribute")).OfType<AttributeData>().Select(from => from.ConstructorArguments.FirstOrDefault().Value as string ?? "")],
        };

        T? Option<T>(string name) => options.TryGetValue(name, out var value) && value is T typed ? typed : default;

        double? Number(string name) => Option<double?>(name) is { } number && !double.IsNaN(number) ? number : null;
    }

    // An override without an attribute of its own has that of what it overrides.
    private static List<AttributeData> AttributesOf(IMethodSymbol method)
    {
        for (var declared = method; declared is not null; declared = declared.OverriddenMethod)
        {
            if (declared.GetAttributes().Where(IsStep).ToList() is { Count: > 0 } attributes) return attributes;
        }

        return [];
    }

    private static IEnumerable<IMethodSymbol> Methods(INamedTypeSymbol type, INamedTypeSymbol stepAgent) =>
        Bases(type).TakeWhile(one => !SymbolEqualityComparer.Default.Equals(one, stepAgent)).Reverse()
            .SelectMany(one => one.GetMembers()).OfType<IMethodSymbol>().Where(method => method.MethodKind == MethodKind.Ordinary);

    private static bool HasToolSelection(INamedTypeSymbol type, string name) => Bases(type).SelectMany(one => one.GetMembers(name)).Any(member =>
        member is IPropertySymbol { Type: var property } && property.IsLoomflow("ToolSelection") || member is IFieldSymbol { Type: var field } && field.IsLoomflow("ToolSelection"));

    private static bool IsContext(ITypeSymbol type) => type.IsCancellationToken() || type.IsLoomflow("StepContext");

    private static bool ReturnsNothing(ITypeSymbol type) =>
        type.SpecialType == SpecialType.System_Void || (type is INamedTypeSymbol { Arity: 0, Name: "Task" or "ValueTask" } && type.IsIn("System.Threading.Tasks"));

    private static ITypeSymbol? ResultOf(ITypeSymbol type) =>
        type is INamedTypeSymbol { Arity: 1, Name: "Task" or "ValueTask" } task && task.IsIn("System.Threading.Tasks") ? task.TypeArguments[0] : type;

    private static string Text(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    private static IEnumerable<INamedTypeSymbol> Bases(INamedTypeSymbol type)
    {
        for (var one = type; one is not null; one = one.BaseType) yield return one;
    }
}
