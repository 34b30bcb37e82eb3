namespace Loomflow.ThinkAct;

/// <summary>
/// Everything that a class of steps can say that contradicts itself. Compiled into the analyzer too, so that a diagnostic and the
/// exception at construction are the same sentence.
/// </summary>
internal static class StepRules
{
    public static IEnumerable<StepProblem> Check(string type, IReadOnlyList<StepDeclaration> steps, IReadOnlyList<RunDeclaration> runs)
    {
        if (steps.Count == 0 && runs.Count == 0)
        {
            yield return new("LOOM112", null, $"'{type}' has no steps: mark methods with [Think], [Act], [Observe] or [Synthesize], or one with [Run]");
        }

        foreach (var step in steps)
        {
            foreach (var problem in Method(step).Concat(Output(step)).Concat(Tools(step)).Concat(Ranges(step))) yield return problem;
        }

        foreach (var twice in steps.GroupBy(step => step.Name, StringComparer.Ordinal).Where(group => group.Count() > 1).SelectMany(group => group.Skip(1)))
        {
            yield return new("LOOM107", twice.Method, $"'{twice.Method}' is named '{twice.Name}', and so is another step of '{type}': give one of them another name, as in [Think(\"{twice.Name}_again\")]");
        }

        foreach (var problem in Bindings(steps, ordered: runs.Count == 0).Concat(Runs(type, runs))) yield return problem;
    }

    private static IEnumerable<StepProblem> Method(StepDeclaration step)
    {
        if (step.HasEmptyName || !IsIdentifier(step.Name))
            yield return new("LOOM106", step.Method, $"'{step.Name}' on '{step.Method}' is no name for a step: use letters, digits and _, not beginning with a digit");
        if (step.Attributes > 1)
            yield return new("LOOM111", step.Method, $"'{step.Method}' is marked as a step {step.Attributes} times: leave one of the attributes");
        if (step.IsGeneric)
            yield return new("LOOM111", step.Method, $"Step '{step.Method}' is generic, and nothing says what with: make it an ordinary method");
        if (step.ByReference is { } parameter)
            yield return new("LOOM111", step.Method, $"Step '{step.Method}' takes '{parameter}' by reference: take it by value");
        if (step.ReturnsNothing)
            yield return new("LOOM109", step.Method, $"Step '{step.Method}' returns {step.Returns}, so it has neither prompt nor result: return a string, or a task of one");
        else if (step.SendToModel && !step.ReturnsText)
            yield return new("LOOM109", step.Method, $"Step '{step.Method}' returns {step.Returns}, but what goes to the model is text: return string, Task<string> or ValueTask<string>; or set SendToModel = false, so that the value itself is the result; or give the type of the model's answer with ReturnType");
    }

    private static IEnumerable<StepProblem> Output(StepDeclaration step)
    {
        if (step.Stream && (step.JsonOutput || step.ReturnType is not null))
            yield return new("LOOM101", step.Method, $"Step '{step.Method}' streams its answer and checks it as a whole: remove Stream, or JsonOutput and ReturnType");
        if (step.JsonOutput && step.FullResponse)
            yield return new("LOOM102", step.Method, $"Step '{step.Method}' gives both the checked JSON and the full response: remove JsonOutput or FullResponse");
        if (step.ReturnType is { } type && !step.JsonOutput)
            yield return new("LOOM103", step.Method, $"Step '{step.Method}' has ReturnType = typeof({type}) but does not ask for JSON: add JsonOutput = true, or use the generic attribute, as in [Think<{type}>]");
        if (!step.SendToModel && ModelOptions(step).ToList() is { Count: > 0 } without)
            yield return new("LOOM110", step.Method, $"Step '{step.Method}' is not sent to a model, so {string.Join(", ", without)} would have no effect: remove {(without.Count == 1 ? "it" : "them")}, or SendToModel = false");
    }

    private static IEnumerable<StepProblem> Tools(StepDeclaration step)
    {
        var single = SingleToolOptions(step).ToList();
        if (step.ToolSelection is not null && single.Count > 0)
            yield return new("LOOM104", step.Method, $"Step '{step.Method}' has ToolSelection and {string.Join(", ", single)}: put everything into the selection, or remove ToolSelection");
        if (step.ToolSelection is { } selection && !step.HasToolSelectionMember)
            yield return new("LOOM114", step.Method, $"Step '{step.Method}' takes its tool selection from '{selection}', but there is no such property or field of type ToolSelection: add it, as in static ToolSelection {selection} {{ get; }} = new()");
        if (!step.UseTools && (step.ToolSelection is not null || single.Count > 0))
            yield return new("LOOM110", step.Method, $"Step '{step.Method}' uses no tools, so {string.Join(", ", step.ToolSelection is null ? single : [.. single, "ToolSelection"])} would have no effect: remove it, or UseTools = false");
    }

    private static IEnumerable<StepProblem> Ranges(StepDeclaration step)
    {
        if (Outside(step.ToolConfidence, 0, 1)) yield return Range("ToolConfidence", step.ToolConfidence, "a number from 0 to 1");
        if (Outside(step.Temperature, 0, 2)) yield return Range("Temperature", step.Temperature, "a number from 0 to 2");
        if (Outside(step.TopP, 0, 1)) yield return Range("TopP", step.TopP, "a number from 0 to 1");
        if (step.MaxTools < 1) yield return Range("MaxTools", step.MaxTools, "at least 1; use UseTools = false for none");
        if (step.MaxOutputTokens < 1) yield return Range("MaxOutputTokens", step.MaxOutputTokens, "at least 1");
        if (step.Retries < 0) yield return Range("Retries", step.Retries, "0 or more");
        if (step.TimeoutSeconds is { } seconds && !(seconds > 0 && seconds <= int.MaxValue / 1000)) yield return Range("TimeoutSeconds", step.TimeoutSeconds, "longer than zero; leave it out for no limit");

        // NaN says that nothing was set and never comes here.
        bool Outside(double? value, double from, double to) => value is { } number && !(number >= from && number <= to);

        StepProblem Range(string option, object? value, string should) =>
            new("LOOM105", step.Method, FormattableString.Invariant($"Step '{step.Method}' has {option} = {value}: it must be {should}"));
    }

    // What comes before a step in the class is what it can be given.
    private static IEnumerable<StepProblem> Bindings(IReadOnlyList<StepDeclaration> steps, bool ordered)
    {
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            var before = steps.Take(i).Where(one => one.Enabled).ToList();
            foreach (var name in step.FromSteps)
            {
                if (steps.All(one => one.Name != name))
                    yield return new("LOOM108", step.Method, $"Step '{step.Method}' asks for the result of '{name}', and there is no such step: the steps are {string.Join(", ", steps.Select(one => $"'{one.Name}'"))}");
                else if (ordered && before.All(one => one.Name != name))
                    yield return new("LOOM108", step.Method, $"Step '{step.Method}' asks for the result of '{name}', which has not run by then: declare '{name}' before it, and let it be enabled");
            }

            var values = before.Count(one => one.PassResult) + 1;
            if (ordered && step.Positional.Count > values)
            {
                var given = values == 1 ? "the input" : values == 2 ? "the result before it and the input" : $"{values - 1} results and the input";
                yield return new("LOOM108", step.Method, $"Step '{step.Method}' takes {step.Positional.Count} values by position, but there {(values == 1 ? "is" : "are")} only {given}: remove '{step.Positional[values]}', give it a default, or bind it with [FromStep]");
            }
        }
    }

    private static IEnumerable<StepProblem> Runs(string type, IReadOnlyList<RunDeclaration> runs)
    {
        foreach (var extra in runs.Skip(1))
            yield return new("LOOM113", extra.Method, $"'{type}' has more than one [Run] method: '{runs[0].Method}' and '{extra.Method}'. Leave one");
        foreach (var run in runs)
        {
            if (run.IsStep) yield return new("LOOM113", run.Method, $"'{run.Method}' is marked with [Run] and as a step: it either runs the steps or is one of them");
            if (run.IsGeneric) yield return new("LOOM113", run.Method, $"[Run] method '{run.Method}' is generic, and nothing says what with: make it an ordinary method");
            if (!run.ReturnsValue) yield return new("LOOM113", run.Method, $"[Run] method '{run.Method}' returns {run.Returns}: return the result, or a task of it");
            if (run.UnknownParameter is { } parameter)
                yield return new("LOOM113", run.Method, $"[Run] method '{run.Method}' takes '{parameter}', which nothing fills: it can take the input as a string, a StepContext and a CancellationToken");
        }
    }

    private static IEnumerable<string> SingleToolOptions(StepDeclaration step)
    {
        if (step.ToolConfidence is not null) yield return "ToolConfidence";
        if (step.ToolModel is not null) yield return "ToolModel";
        if (step.MaxTools is not null) yield return "MaxTools";
    }

    private static IEnumerable<string> ModelOptions(StepDeclaration step)
    {
        if (step.Model is not null) yield return "Model";
        if (step.JsonOutput) yield return "JsonOutput";
        if (step.ReturnType is not null) yield return "ReturnType";
        if (step.FullResponse) yield return "FullResponse";
        if (step.Temperature is not null) yield return "Temperature";
        if (step.TopP is not null) yield return "TopP";
        if (step.MaxOutputTokens is not null) yield return "MaxOutputTokens";
        if (step.ToolSelection is not null) yield return "ToolSelection";
        foreach (var option in SingleToolOptions(step)) yield return option;
    }

    private static bool IsIdentifier(string name) =>
        name.Length > 0 && (char.IsLetter(name[0]) || name[0] == '_') && name.All(c => char.IsLetterOrDigit(c) || c == '_');
}
