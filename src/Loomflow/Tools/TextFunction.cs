using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Loomflow;

/// <summary>A function of one text: what agents and workflows are as tools.</summary>
internal sealed class TextFunction(string name, string description, string inputArg, Func<string, CancellationToken, Task<string>> call) : AIFunction
{
    public override string Name => name;

    public override string Description => description;

    public override JsonElement JsonSchema { get; } = JsonSerializer.SerializeToElement(new JsonObject
    {
        ["type"] = "object",
        ["properties"] = new JsonObject { [inputArg] = new JsonObject { ["type"] = "string" } },
        ["required"] = new JsonArray(inputArg),
    });

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken) =>
        arguments.TryGetValue(inputArg, out var input)
            ? await call(Payload.Of(input).ToString(), cancellationToken).ConfigureAwait(false)
            : throw new ArgumentException($"The argument '{inputArg}' is missing.");
}
