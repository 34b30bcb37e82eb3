namespace Loomflow.Tests.Workflows;

/// <summary>Steps that many tests need.</summary>
internal static class Steps
{
    public static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Adds its name to what it is given.</summary>
    public static Step<string, string> Append(string name) => Step.Of(async (string text) =>
    {
        await Task.Yield();
        return $"{text}>{name}";
    }, name);

    /// <summary>Shows what it was given: one value as it is, several in brackets.</summary>
    public static Step<object?, string> Show(string name) => Step.Of((object? input) =>
        Task.FromResult($"{name}({(input is object?[] many ? string.Join(",", many) : input)})"), name);

    public static Step<object?, string> Throw(string name, Exception exception) => Step.Of<object?, string>(async _ =>
    {
        await Task.Yield();
        throw exception;
    }, name);

    /// <summary>Waits until it is cancelled.</summary>
    public static Step<object?, string> Hang(string name, TaskCompletionSource? begun = null, Action? cancelled = null) => Step.Of<object?, string>(async (_, cancellationToken) =>
    {
        begun?.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            cancelled?.Invoke();
        }

        return "never";
    }, name);

    public static Dictionary<string, string> Routes(params (string Label, string Target)[] routes) => routes.ToDictionary(route => route.Label, route => route.Target);

    /// <summary>The very exception that comes out of a task; assertion libraries make new ones for cancellation.</summary>
    public static async Task<TException> ThrownBy<TException>(Func<Task> run) where TException : Exception
    {
        try
        {
            await run();
        }
        catch (TException thrown)
        {
            return thrown;
        }

        throw new ShouldAssertException($"{typeof(TException).Name} should have been thrown.");
    }
}
