namespace Loomflow;

/// <summary>One execution of an inline step inside a live run.</summary>
internal static class InlineStepRun
{
    /// <summary>Carries <paramref name="body"/> out as a step nested in <paramref name="outer"/>, or gives the result that it had on an earlier attempt.</summary>
    public static async ValueTask<TResult> RunAsync<TState, TResult>(
        StepScope outer, string name, StepArguments arguments, TState state, Func<TState, ValueTask<TResult>> body)
    {
        // Before the first await: steps that the caller starts concurrently are numbered in the order of their calls.
        var path = outer.NestedPath(name);
        var argumentsHash = arguments.Fingerprint();
        if (FindCompleted(outer.Context.History, path, argumentsHash) is { } completed)
        {
            outer.Usage.Add(completed.Usage);
            return completed.Output.As<TResult>()!;
        }

        var context = outer.Context with { Usage = outer.Usage };
        var scope = new StepScope(outer, context, path, name);
        using var span = LoomTelemetry.Source.HasListeners() ? Spans.Start(LoomTelemetry.StepSpan, "workflow", context, scope, []) : null;
        using var entered = scope.Enter();

        await context.Events.AppendAsync(new StepStarted
        {
            Path = path,
            Attempt = scope.Attempt,
            Inline = true,
            Input = Payload.Of(arguments),
        }).ConfigureAwait(false);

        TResult result;
        try
        {
            result = await body(state).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            var failure = Failure.From(exception, path);
            span.Conclude("failed", failure);
            span.Audited(await context.Events.AppendAsync(new StepFailed
            {
                Path = path,
                Attempt = scope.Attempt,
                Inline = true,
                Failure = failure,
            }).ConfigureAwait(false));
            throw;
        }

        span.Conclude("completed");
        span.Audited(await context.Events.AppendAsync(new StepCompleted
        {
            Path = path,
            Attempt = scope.Attempt,
            Inline = true,
            ArgumentsHash = argumentsHash,
            Output = Payload.Of(result),
            Usage = scope.Consumed,
        }).ConfigureAwait(false));
        return result;
    }

    // The latest one counts: a place that was once run for other arguments has run again since.
    private static StepCompleted? FindCompleted(IRunHistory? history, string path, string argumentsHash)
    {
        if (history is null) return null;
        var events = history.At(path);
        for (var i = events.Count - 1; i >= 0; i--)
        {
            if (events[i] is StepCompleted { Inline: true } completed && completed.ArgumentsHash == argumentsHash) return completed;
        }

        return null;
    }
}
