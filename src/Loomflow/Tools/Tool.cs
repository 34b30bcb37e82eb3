using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>
/// A function that a model can call, with what its author says about it.
/// </summary>
/// <remarks>
/// Any other <see cref="AIFunction"/> can be given to an agent as well; see <see cref="EffectOf"/> for what it is taken for. Agents put
/// sloppy arguments right before the call: <c>"8"</c> for a number, <c>"yes"</c> for a truth value, JSON text for an object.
/// </remarks>
public sealed class Tool : DelegatingAIFunction
{
    private Tool(AIFunction function, ToolOptions options) : base(function)
    {
        Effect = options.Effect;
        Timeout = options.Timeout;
        Name = options.Name ?? function.Name;
        Description = options.Description ?? function.Description;
    }

    /// <inheritdoc />
    public override string Name { get; }

    /// <inheritdoc />
    public override string Description { get; }

    /// <summary>What a call does to the world.</summary>
    public ToolEffect Effect { get; }

    /// <summary>How long one call may take, or <see langword="null"/> for the agent's limit.</summary>
    public TimeSpan? Timeout { get; }

    /// <summary>A tool around a method or lambda, synchronous or not.</summary>
    /// <param name="method">Its parameters become the tool's; a <see cref="CancellationToken"/> or <see cref="IServiceProvider"/> is passed in and not shown to models.</param>
    /// <param name="name">The name shown to models; the method's when left out.</param>
    /// <param name="description">What it does and when to call it.</param>
    /// <param name="destructive">Whether it changes something that cannot be undone, so that somebody is asked first.</param>
    public static Tool Of(Delegate method, string? name = null, string? description = null, bool destructive = false) =>
        Of(method, new ToolOptions { Name = name, Description = description, Effect = destructive ? ToolEffect.Destructive : ToolEffect.None });

    /// <summary>A tool around a method or lambda, synchronous or not.</summary>
    public static Tool Of(Delegate method, ToolOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        var function = AIFunctionFactory.Create(method, new AIFunctionFactoryOptions
        {
            Name = options.Name ?? Step.NameOf(method, null),
            Description = options.Description,
        });
        return new Tool(function, options);
    }

    /// <summary>The same function with something said about it.</summary>
    public static Tool Of(AIFunction function, ToolOptions options)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(options);
        return new Tool(function, options);
    }

    /// <summary>
    /// What a call of <paramref name="function"/> is taken to do: what its <see cref="Tool"/> says; else destructive if it is marked
    /// with <see cref="ApprovalRequiredAIFunction"/>; else harmless if it is made from a method of this program; else destructive,
    /// because nothing is known about it.
    /// </summary>
    public static ToolEffect EffectOf(AITool function)
    {
        ArgumentNullException.ThrowIfNull(function);
        if (function.GetService<ApprovalRequiredAIFunction>() is not null) return ToolEffect.Destructive;
        if (function.GetService<Tool>() is { } tool) return tool.Effect;
        return function is AIFunction { UnderlyingMethod: not null } ? ToolEffect.None : ToolEffect.Destructive;
    }

    /// <summary>A tool with one text parameter, named as one likes.</summary>
    internal static Tool OfText(string name, string description, string inputArg, Func<string, CancellationToken, Task<string>> call)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(inputArg);
        return new Tool(new TextFunction(name, description, inputArg, call), new ToolOptions());
    }

    /// <summary>A name that every provider takes: letters, digits, <c>_</c> and <c>-</c>, at most 64.</summary>
    internal static string NameFrom(string name)
    {
        var safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));
        return safe.Length <= 64 ? safe : safe[..64];
    }
}
