namespace Loomflow.Generators;

/// <summary>What the writer needs to know of a <c>[Step]</c> method. Types are written in full; type parameters are numbered <c>T0…</c>, outermost first.</summary>
internal sealed record StepMethod(
    string StepName,
    string MethodName,
    string ContainingType,
    string ContainingTypeInMetadata,
    ReceiverKind Receiver,
    AccessKind Access,
    int TypeParametersOfType,
    EquatableArray<string> TypeParameters,
    EquatableArray<string> Constraints,
    bool IsExtension,
    EquatableArray<StepParameter> Parameters,
    TaskKind ReturnKind,
    string ReturnType,
    string ResultType);

internal sealed record StepParameter(string Name, string Type, bool IsDynamic, bool IsCancellationToken);

internal enum ReceiverKind
{
    Static,
    Class,
    Struct,
    ReadOnlyStruct,
}

/// <summary>How generated code reaches the original.</summary>
internal enum AccessKind
{
    /// <summary>By an ordinary call.</summary>
    Direct,

    /// <summary>Not accessible: through an accessor that names the type.</summary>
    Accessor,

    /// <summary>Not accessible, and its type cannot be a parameter: through an accessor that has the type's name as text.</summary>
    AccessorByTypeName,
}

internal enum TaskKind
{
    None,
    Task,
    TaskOfT,
    ValueTask,
    ValueTaskOfT,
}
