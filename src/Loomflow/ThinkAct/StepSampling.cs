using Microsoft.Extensions.AI;

namespace Loomflow.ThinkAct;

/// <summary>Settles how a step's model is called: kind of step, then agent, then attribute, then call; the later the stronger.</summary>
internal static class StepSampling
{
    public static ChatOptions For(StepDefinition step, ChatOptions? agent, ChatOptions? call)
    {
        var (chat, attribute) = (agent?.Clone() ?? new ChatOptions(), step.Attribute);
        chat.Temperature ??= attribute.Kind.Temperature;
        chat.TopP ??= attribute.Kind.TopP;
        chat.Instructions = null;
        chat.Tools = null;

        if (!double.IsNaN(attribute.Temperature)) chat.Temperature = (float)attribute.Temperature;
        if (!double.IsNaN(attribute.TopP)) chat.TopP = (float)attribute.TopP;
        if (attribute.HasMaxOutputTokens) chat.MaxOutputTokens = attribute.MaxOutputTokens;
        chat.ModelId = attribute.Model ?? chat.ModelId;
        if (call is null) return chat;

        chat.ModelId = call.ModelId ?? chat.ModelId;
        chat.Temperature = call.Temperature ?? chat.Temperature;
        chat.TopP = call.TopP ?? chat.TopP;
        chat.TopK = call.TopK ?? chat.TopK;
        chat.MaxOutputTokens = call.MaxOutputTokens ?? chat.MaxOutputTokens;
        chat.FrequencyPenalty = call.FrequencyPenalty ?? chat.FrequencyPenalty;
        chat.PresencePenalty = call.PresencePenalty ?? chat.PresencePenalty;
        chat.Seed = call.Seed ?? chat.Seed;
        chat.StopSequences = call.StopSequences ?? chat.StopSequences;
        return chat;
    }
}
