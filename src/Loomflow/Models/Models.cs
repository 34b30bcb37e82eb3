using Loomflow.Offline;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>Models that need no network and no key: for tests, for trying things out, and for working offline.</summary>
public static class Models
{
    /// <summary>Says back what the user said last, <c>Echo: …</c>, one word at a time. Tokens are words; free of charge.</summary>
    public static IChatClient Echo() => EchoModel.Instance;

    /// <summary>Gives the turns in order and records how it was called. Being called once more than it has turns is an error.</summary>
    public static ScriptedModel Scripted(params ScriptedTurn[] turns) => new(turns);

    /// <summary>Answers with a function of the conversation and records how it was called.</summary>
    public static ScriptedModel Scripted(Func<ModelCall, ScriptedTurn> answer) => new(answer);

    /// <summary>
    /// Answers by rules: picks a label where the instructions ask for one, calls the tool that the request plainly asks for, tells what tools
    /// returned, and else answers from what it was given. Deterministic and free of charge.
    /// </summary>
    public static IChatClient Offline() => OfflineModel.Instance;
}
