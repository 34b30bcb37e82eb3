namespace Loomflow;

/// <summary>
/// Makes every call of an async method a step of the run it happens in: a span, a started/completed/failed pair in the
/// run's events (and so in its audit log) and, on a resumed run, the journaled result instead of a second execution.
/// Outside a run a call is a plain call. Control flow stays plain C#.
/// </summary>
/// <remarks>
/// Calls are redirected when they are compiled, so only calls that the compiler sees are steps: <c>Classify(text)</c> is, a call
/// through a delegate, by reflection or inside an expression tree is not. Use <see cref="InlineStep"/> for those. See docs/steps.md.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class StepAttribute : Attribute
{
    /// <summary>The name in traces, events and audit entries; the method's own where not given.</summary>
    public string? Name { get; set; }
}
