using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>A workflow as a function of one argument, which a model sees as the JSON schema of what the workflow takes.</summary>
internal sealed class WorkflowFunction<TIn, TOut>(Workflow<TIn, TOut> workflow, string name, string description, string inputArg) : AIFunction
{
    public override string Name => name;

    public override string Description => description;

    public override JsonElement JsonSchema { get; } = JsonSerializer.SerializeToElement(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [inputArg] = JsonObject.Create(AIJsonUtilities.CreateJsonSchema(typeof(TIn), serializerOptions: PayloadSerializer.Options)) },
        ["required"] = new JsonArray(inputArg),
    });

    public override JsonSerializerOptions JsonSerializerOptions => PayloadSerializer.Options;

    /// <summary>A run of its own with the user, session, metadata, memory, tone, audit log and trace of the run that calls.</summary>
    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        if (!arguments.TryGetValue(inputArg, out var argument)) throw new ArgumentException($"The argument '{inputArg}' is missing.");
        var input = argument is TIn typed ? typed : Payload.Of(argument).As<TIn>();
        return (await workflow.RunAsync(input!, cancellationToken: cancellationToken).ConfigureAwait(false)).Output;
    }
}
