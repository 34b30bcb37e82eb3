using System.Collections.Immutable;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>One answer of a <see cref="ScriptedModel"/>.</summary>
public sealed record ScriptedTurn
{
    /// <summary>What it says; streamed word by word.</summary>
    public string Text { get; init; } = "";

    /// <summary>The tools that it asks for.</summary>
    public ImmutableList<FunctionCallContent> Calls { get; init; } = [];

    /// <summary>What the call consumed; words are counted when it is left out.</summary>
    public UsageDetails? Usage { get; init; }

    /// <summary>Why it stopped; <c>tool_calls</c> or <c>stop</c> when left out.</summary>
    public ChatFinishReason? FinishReason { get; init; }

    /// <summary>What it throws instead of answering.</summary>
    public Exception? Failure { get; init; }

    /// <summary>Throws <see cref="Failure"/> after this many pieces of a streamed answer; before the first unless given.</summary>
    public int FailAfter { get; init; }

    /// <summary>The name of the model that answers; <c>scripted</c> when left out.</summary>
    public string? Model { get; init; }

    /// <summary>A turn that says something.</summary>
    public static ScriptedTurn Say(string text) => new() { Text = text };

    /// <summary>A turn that asks for a tool.</summary>
    public static ScriptedTurn Call(string tool, object? arguments = null, string? callId = null) => new ScriptedTurn().AndCall(tool, arguments, callId);

    /// <summary>A turn that fails.</summary>
    public static ScriptedTurn Fail(Exception failure) => new() { Failure = failure };

    /// <summary>The same turn asking for one more tool.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <param name="arguments">A dictionary, or any object whose properties are the arguments.</param>
    /// <param name="callId">The id; <c>call_1</c>, <c>call_2</c>… within the turn when left out.</param>
    public ScriptedTurn AndCall(string tool, object? arguments = null, string? callId = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(tool);
        var named = arguments as IDictionary<string, object?>
            ?? Payload.FromJson(Payload.Of(arguments ?? new object()).ToJson()).As<Dictionary<string, object?>>();
        return this with { Calls = Calls.Add(new FunctionCallContent(callId ?? $"call_{Calls.Count + 1}", tool, named)) };
    }

    /// <summary>A turn that says a text.</summary>
    public static implicit operator ScriptedTurn(string text) => Say(text);
}
