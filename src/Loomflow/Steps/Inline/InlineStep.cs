using System.Reflection;

namespace Loomflow;

/// <summary>
/// Inline steps by hand: what a call of a <see cref="StepAttribute"/> method does, for calls that the compiler cannot see (delegates,
/// reflection, code of others). Outside a run all of this is a plain call.
/// </summary>
public static class InlineStep
{
    private static readonly string[] s_input = ["input"];

    /// <summary>Runs <paramref name="step"/> as a step of the live run.</summary>
    /// <param name="name">The name in traces, events and audit entries.</param>
    /// <param name="step">The work. It has no arguments to compare, so on a resumed run its place alone decides whether its journaled result is taken.</param>
    public static Task<TOut> RunAsync<TOut>(string name, Func<Task<TOut>> step)
    {
        CheckName(name);
        ArgumentNullException.ThrowIfNull(step);
        return StepScope.Current is { } scope
            ? InlineStepRun.RunAsync(scope, name, StepArguments.None, step, static step => new ValueTask<TOut>(step())).AsTask()
            : step();
    }

    /// <inheritdoc cref="RunAsync{TOut}(string,Func{Task{TOut}})"/>
    public static Task RunAsync(string name, Func<Task> step)
    {
        CheckName(name);
        ArgumentNullException.ThrowIfNull(step);
        return StepScope.Current is { } scope
            ? InterceptedStep.RunAsync(scope, name, StepArguments.None, step, static step => new ValueTask(step())).AsTask()
            : step();
    }

    /// <summary>Runs <paramref name="step"/> on <paramref name="input"/> as a step of the live run.</summary>
    /// <param name="name">The name in traces, events and audit entries.</param>
    /// <param name="input">What the step is given; on a resumed run a journaled result is only taken for the same input.</param>
    /// <param name="step">The work.</param>
    public static Task<TOut> RunAsync<TIn, TOut>(string name, TIn input, Func<TIn, Task<TOut>> step)
    {
        CheckName(name);
        ArgumentNullException.ThrowIfNull(step);
        return StepScope.Current is { } scope
            ? InlineStepRun.RunAsync(scope, name, new StepArguments(s_input, [input]), (step, input), static call => new ValueTask<TOut>(call.step(call.input))).AsTask()
            : step(input);
    }

    /// <summary>Runs <paramref name="step"/> on <paramref name="input"/> as a step of the live run.</summary>
    /// <inheritdoc cref="RunAsync{TIn,TOut}(string,TIn,Func{TIn,Task{TOut}})"/>
    /// <param name="name">The name in traces, events and audit entries.</param>
    /// <param name="input">What the step is given; on a resumed run a journaled result is only taken for the same input.</param>
    /// <param name="step">The work.</param>
    /// <param name="cancellationToken">Handed to the step.</param>
    public static Task<TOut> RunAsync<TIn, TOut>(
        string name, TIn input, Func<TIn, CancellationToken, Task<TOut>> step, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(step);
        return RunAsync(name, input, value => step(value, cancellationToken));
    }

    /// <summary>
    /// A delegate whose every call is a step of the run it happens in: what to hand to <c>Select</c>, to events or to other code
    /// that calls a method without the compiler seeing which.
    /// </summary>
    /// <param name="method">The work.</param>
    /// <param name="name">The name; that of the method's <see cref="StepAttribute"/>, or the method's own, where not given.</param>
    public static Func<TIn, Task<TOut>> Of<TIn, TOut>(Func<TIn, Task<TOut>> method, string? name = null)
    {
        var stepName = Step.NameOf(method, name);
        CheckName(stepName);
        return input => RunAsync(stepName, input, method);
    }

    /// <summary>
    /// Calls the original of the <see cref="StepAttribute"/> methods that <paramref name="call"/> names: a call written inside the lambda
    /// is left alone by the compiler, so it is no step even inside a run. For tests, mostly: <c>await InlineStep.Original(() => Classify("hello"))</c>.
    /// Steps that the method itself calls stay steps.
    /// </summary>
    public static T Original<T>(Func<T> call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return call();
    }

    internal static string? NameFromAttribute(MethodInfo method) => method.GetCustomAttribute<StepAttribute>()?.Name;

    private static void CheckName(string name)
    {
        if (string.IsNullOrWhiteSpace(name)) throw new ArgumentException("A step's name cannot be empty: it is what traces and audit entries show.", nameof(name));
    }
}
