using Microsoft.CodeAnalysis;

namespace Loomflow.Generators;

/// <summary>What can be wrong with a <c>[Step]</c>; docs/diagnostics.md says more on each.</summary>
internal static class StepDiagnostics
{
    private const string Category = "Loomflow.Steps";

    public static readonly DiagnosticDescriptor NotAsync = new(
        "LOOM001",
        "[Step] needs an async method",
        "[Step] needs an async method, but '{0}' returns '{1}': make it async and let it return {2}, so that its calls get span, audit entries and journaling; or remove [Step], since Workflow.Chain and Workflow.Route take synchronous methods as they are",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        "A step is awaited. A method that returns no Task, Task<T>, ValueTask or ValueTask<T> cannot be one.");

    public static readonly DiagnosticDescriptor ByReference = new(
        "LOOM002",
        "A [Step] method cannot take parameters by reference",
        "[Step] method '{0}' takes '{1}' by reference, which cannot outlive the call: take it by value, or remove [Step]",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        "A step's arguments are kept until it has ended, so ref, in and out parameters, pointers and ref structs are not possible.");

    public static readonly DiagnosticDescriptor NotRedirectable = new(
        "LOOM003",
        "Calls of this [Step] method cannot be redirected",
        "Calls of [Step] method '{0}' are plain calls, because {1}, or call it through InlineStep.RunAsync(\"{0}\", …)",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "Generated code stands in for calls of [Step] methods. It has to name the types in the method's signature, which private nested types and file-local types do not allow.");

    public static readonly DiagnosticDescriptor OnlyOneSide = new(
        "LOOM004",
        "[Step] must be on the declaration that calls name",
        "Calls of '{0}' are not steps, although '{1}' has [Step]: put [Step] on '{0}' too",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "Which method a call names is decided by the type of the expression before the dot. An interface member and its implementation both need [Step], and so do a virtual method and its override if only the override has it.");

    public static readonly DiagnosticDescriptor LocalFunction = new(
        "LOOM005",
        "Calls of local functions cannot be redirected",
        "The call of [Step] local function '{0}' is a plain call: make '{0}' a method, or call it through InlineStep.RunAsync(\"{0}\", …)",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        "The compiler redirects calls of methods only. On a local function [Step] still gives the name of a workflow node made from it.");

    public static readonly DiagnosticDescriptor ThroughDelegate = new(
        "LOOM006",
        "Calls through a delegate are not steps",
        "Calls of [Step] method '{0}' through this delegate are plain calls: pass a lambda that calls it, or InlineStep.Of({0})",
        Category,
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        "Only a call that is written down can be redirected. A lambda around the call writes it down.");

    public static readonly DiagnosticDescriptor EmptyName = new(
        "LOOM007",
        "A step's name cannot be empty",
        "[Step(Name = \"{1}\")] on '{0}' gives no name: leave Name out for the method's own name, or give one",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        "The name is what traces and audit entries show.");
}
