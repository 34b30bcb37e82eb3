using Microsoft.CodeAnalysis;

namespace Loomflow.Generators;

/// <summary>Reads what a <c>[Step]</c> method is, and what stands in the way of redirecting its calls.</summary>
internal static class StepMethodReader
{
    private static readonly SymbolDisplayFormat s_fullName = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    public static TaskKind ReturnKind(IMethodSymbol method) => method.ReturnType is not INamedTypeSymbol type || !type.IsIn("System.Threading.Tasks")
        ? TaskKind.None
        : (type.Name, type.Arity) switch
        {
            ("Task", 0) => TaskKind.Task,
            ("Task", 1) => TaskKind.TaskOfT,
            ("ValueTask", 0) => TaskKind.ValueTask,
            ("ValueTask", 1) => TaskKind.ValueTaskOfT,
            _ => TaskKind.None,
        };

    /// <summary>The first parameter that cannot outlive the call, as a step's arguments must.</summary>
    public static IParameterSymbol? FindByReference(IMethodSymbol method) => method.Parameters.FirstOrDefault(parameter =>
        parameter.RefKind != RefKind.None || parameter.Type.IsRefLikeType || parameter.Type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer
        || parameter.Type is ITypeParameterSymbol { AllowsRefLikeType: true });

    /// <summary>Why generated code cannot stand in for the method, in words; <see langword="null"/> when it can.</summary>
    public static string? FindObstacle(IMethodSymbol method, Compilation compilation)
    {
        if (method.MethodKind is not MethodKind.Ordinary) return "it is not an ordinary method: make it one";
        if (method is { IsStatic: true, ContainingType.TypeKind: TypeKind.Interface } && (method.IsAbstract || method.IsVirtual))
            return "it is a static member of an interface, called through a type parameter: make it an instance member";
        if (!method.ContainingType.CanBeReferencedByName) return "it is declared in an extension block: declare it with a 'this' parameter";

        var unnameable = method.Parameters.Select(parameter => parameter.Type).Append(method.ReturnType)
            .Concat(method.IsStatic ? [] : [method.ContainingType])
            .Concat(AllTypeParameters(method).SelectMany(parameter => parameter.ConstraintTypes))
            .Select(type => FindUnnameable(type, compilation))
            .FirstOrDefault(type => type is not null);
        if (unnameable is not null)
        {
            return unnameable.IsFileLocal
                ? $"'{unnameable.Name}' is local to its file: make it internal"
                : $"'{unnameable.ToDisplayString()}' is not accessible outside the type around it: make it internal";
        }

        // Static and generic both: an accessor by type name cannot carry the type arguments over.
        var isHidden = !IsReachable(method, compilation);
        return isHidden && method.IsStatic && NeedsTypeName(method, compilation) && AllTypeParameters(method.ContainingType).Any()
            ? "it is a static method of a generic type that cannot be named: make method and type internal"
            : null;
    }

    public static StepMethod Read(IMethodSymbol method, AttributeData attribute, Compilation compilation)
    {
        var ofType = AllTypeParameters(method.ContainingType).ToArray();
        ITypeParameterSymbol[] all = [.. ofType, .. method.TypeParameters];
        var receiver = method.IsStatic ? ReceiverKind.Static
            : !method.ContainingType.IsValueType ? ReceiverKind.Class
            : method.IsReadOnly ? ReceiverKind.ReadOnlyStruct
            : ReceiverKind.Struct;
        var access = IsReachable(method, compilation) ? AccessKind.Direct
            : method.IsStatic && NeedsTypeName(method, compilation) ? AccessKind.AccessorByTypeName
            : AccessKind.Accessor;
        var returnKind = ReturnKind(method);

        return new StepMethod(
            attribute.Named<string>("Name") is { } name && !string.IsNullOrWhiteSpace(name) ? name : method.Name,
            method.Name,
            Write(method.ContainingType),
            $"{MetadataName(method.ContainingType)}, {method.ContainingAssembly.Identity.Name}",
            receiver,
            access,
            ofType.Length,
            new([.. all.Select((_, i) => $"T{i}")]),
            new([.. all.Select((parameter, i) => Constraint(parameter, $"T{i}", Write))]),
            method.IsExtensionMethod,
            new([.. method.Parameters.Select(parameter => new StepParameter(
                parameter.Name, Write(parameter.Type), parameter.Type.TypeKind == TypeKind.Dynamic, parameter.Type.IsCancellationToken()))]),
            returnKind,
            Write(method.ReturnType),
            returnKind is TaskKind.TaskOfT or TaskKind.ValueTaskOfT ? Write(((INamedTypeSymbol)method.ReturnType).TypeArguments[0]) : "");

        string Write(ITypeSymbol type) => string.Concat(type.ToDisplayParts(s_fullName).Select(part =>
            part.Symbol is ITypeParameterSymbol parameter && Array.FindIndex(all, one => SymbolEqualityComparer.Default.Equals(one, parameter)) is >= 0 and var index
                ? $"T{index}"
                : part.ToString()));
    }

    private static bool IsReachable(IMethodSymbol method, Compilation compilation) =>
        compilation.IsSymbolAccessibleWithin(method, compilation.Assembly) && FindUnnameable(method.ContainingType, compilation) is null;

    private static bool NeedsTypeName(IMethodSymbol method, Compilation compilation) =>
        method.ContainingType.IsStatic || FindUnnameable(method.ContainingType, compilation) is not null;

    private static INamedTypeSymbol? FindUnnameable(ITypeSymbol type, Compilation compilation) => type switch
    {
        IArrayTypeSymbol array => FindUnnameable(array.ElementType, compilation),
        INamedTypeSymbol named when IsUnnameable(named, compilation) => named,
        INamedTypeSymbol named => named.TypeArguments.Select(argument => FindUnnameable(argument, compilation)).FirstOrDefault(found => found is not null),
        _ => null,
    };

    private static bool IsUnnameable(INamedTypeSymbol type, Compilation compilation)
    {
        for (var one = type.OriginalDefinition; one is not null; one = one.ContainingType)
        {
            if (one.IsFileLocal || !compilation.IsSymbolAccessibleWithin(one, compilation.Assembly)) return true;
        }

        return false;
    }

    private static IEnumerable<ITypeParameterSymbol> AllTypeParameters(IMethodSymbol method) =>
        AllTypeParameters(method.ContainingType).Concat(method.TypeParameters);

    private static IEnumerable<ITypeParameterSymbol> AllTypeParameters(INamedTypeSymbol? type) =>
        type is null ? [] : AllTypeParameters(type.ContainingType).Concat(type.TypeParameters);

    private static string MetadataName(INamedTypeSymbol type) =>
        type.ContainingType is { } outer ? $"{MetadataName(outer)}+{type.MetadataName}"
        : type.ContainingNamespace is { IsGlobalNamespace: false } @namespace ? $"{@namespace.ToDisplayString()}.{type.MetadataName}"
        : type.MetadataName;

    private static string Constraint(ITypeParameterSymbol parameter, string name, Func<ITypeSymbol, string> write)
    {
        List<string> constraints = [];
        if (parameter.HasReferenceTypeConstraint)
            constraints.Add(parameter.ReferenceTypeConstraintNullableAnnotation == NullableAnnotation.Annotated ? "class?" : "class");
        if (parameter.HasUnmanagedTypeConstraint) constraints.Add("unmanaged");
        else if (parameter.HasValueTypeConstraint) constraints.Add("struct");
        if (parameter.HasNotNullConstraint) constraints.Add("notnull");
        constraints.AddRange(parameter.ConstraintTypes.Select(write));
        if (parameter is { HasConstructorConstraint: true, HasValueTypeConstraint: false }) constraints.Add("new()");
        return constraints.Count == 0 ? "" : $" where {name} : {string.Join(", ", constraints)}";
    }
}
