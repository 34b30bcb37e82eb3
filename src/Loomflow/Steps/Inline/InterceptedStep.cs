using System.ComponentModel;
using System.Runtime.CompilerServices;

namespace Loomflow;

/// <summary>Where generated interceptors of <see cref="StepAttribute"/> methods hand a call over inside a live run. Not for use by hand: see <see cref="InlineStep"/>.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class InterceptedStep
{
    /// <summary>Runs an intercepted call that gives a value.</summary>
    public static ValueTask<TResult> RunAsync<TState, TResult>(
        StepScope scope, string name, StepArguments arguments, TState state, Func<TState, ValueTask<TResult>> original) =>
        InlineStepRun.RunAsync(scope, name, arguments, state, original);

    /// <summary>Runs an intercepted call that gives none.</summary>
    [OverloadResolutionPriority(1)]
    public static ValueTask RunAsync<TState>(
        StepScope scope, string name, StepArguments arguments, TState state, Func<TState, ValueTask> original) =>
        Untyped(InlineStepRun.RunAsync<(TState, Func<TState, ValueTask>), object?>(scope, name, arguments, (state, original), static async call =>
        {
            await call.Item2(call.Item1).ConfigureAwait(false);
            return null;
        }));

    private static ValueTask Untyped(ValueTask<object?> task)
    {
        return task.IsCompletedSuccessfully ? ValueTask.CompletedTask : Awaited(task);

        static async ValueTask Awaited(ValueTask<object?> task) => await task.ConfigureAwait(false);
    }
}
