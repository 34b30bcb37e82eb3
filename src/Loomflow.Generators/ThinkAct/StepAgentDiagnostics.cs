using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace Loomflow.Generators;

/// <summary>What can be wrong with a class of steps. The sentences are those of <see cref="ThinkAct.StepRules"/>.</summary>
internal static class StepAgentDiagnostics
{
    private const string Category = "Loomflow.ThinkAct";

    public static readonly DiagnosticDescriptor StreamedAndChecked = Rule("LOOM101", "A streamed answer cannot be checked as a whole", "Pieces that have been shown cannot be taken back when the whole turns out not to fit its type.");
    public static readonly DiagnosticDescriptor JsonAndFullResponse = Rule("LOOM102", "A result is either checked JSON or the full response", "JsonOutput makes a value of the answer; FullResponse gives the answer as it came.");
    public static readonly DiagnosticDescriptor ReturnTypeWithoutJson = Rule("LOOM103", "ReturnType needs JsonOutput", "Without JsonOutput the model is not asked for JSON, and its answer cannot become a value.");
    public static readonly DiagnosticDescriptor TwoToolSelections = Rule("LOOM104", "A tool selection is given whole or option by option", "ToolSelection holds everything that ToolConfidence, ToolModel and MaxTools say one by one.");
    public static readonly DiagnosticDescriptor OutOfRange = Rule("LOOM105", "A number is outside its range", "Confidence and top-p go from 0 to 1, temperature from 0 to 2; counts and times are positive.");
    public static readonly DiagnosticDescriptor BadName = Rule("LOOM106", "A step's name is not an identifier", "Names are used in paths, prompts and [FromStep].");
    public static readonly DiagnosticDescriptor DuplicateName = Rule("LOOM107", "Two steps have the same name", "Results are kept by name.");
    public static readonly DiagnosticDescriptor Unbindable = Rule("LOOM108", "A parameter of a step cannot be filled", "Parameters are filled with the results of earlier steps, the latest first, and then with the input; or by name with [FromStep].");
    public static readonly DiagnosticDescriptor BadReturn = Rule("LOOM109", "A step returns what cannot be a prompt", "A step's method returns the prompt; the model's answer is the result.");
    public static readonly DiagnosticDescriptor NoEffect = Rule("LOOM110", "An option would have no effect", "Options for the model do nothing on a step that is not sent to one, and options for tools nothing on a step that uses none.");
    public static readonly DiagnosticDescriptor NoStep = Rule("LOOM111", "The method cannot be a step", "A step is an ordinary method of a StepAgent with one step attribute.");
    public static readonly DiagnosticDescriptor NoSteps = Rule("LOOM112", "A StepAgent without steps", "There is nothing to run.");
    public static readonly DiagnosticDescriptor BadRun = Rule("LOOM113", "The [Run] method cannot run the agent", "One method may take the place of running the steps in order of declaration.");
    public static readonly DiagnosticDescriptor NoToolSelection = Rule("LOOM114", "The tool selection does not exist", "ToolSelection is the name of a property or field of the class.");

    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
    [
        StreamedAndChecked, JsonAndFullResponse, ReturnTypeWithoutJson, TwoToolSelections, OutOfRange, BadName, DuplicateName,
        Unbindable, BadReturn, NoEffect, NoStep, NoSteps, BadRun, NoToolSelection,
    ];

    private static DiagnosticDescriptor Rule(string id, string title, string description) =>
        new(id, title, "{0}", Category, DiagnosticSeverity.Error, isEnabledByDefault: true, description);
}
