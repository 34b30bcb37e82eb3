using System.Text.Json;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Loomflow.Mcp;

/// <summary>A tool of a server.</summary>
internal sealed class McpFunction(McpConnection server, McpClientTool tool, string name) : AIFunction
{
    public override string Name { get; } = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' ? c : '_'));

    public override string Description => tool.Description;

    public override JsonElement JsonSchema => tool.JsonSchema;

    /// <summary>What a call does: hints that are missing count as the protocol says, and so as the worst.</summary>
    public static ToolEffect EffectOf(ToolAnnotations? hints) => hints switch
    {
        { ReadOnlyHint: true } => ToolEffect.None,
        { DestructiveHint: false } => ToolEffect.Edit,
        _ => ToolEffect.Destructive,
    };

    protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
    {
        var result = await server.CallAsync(tool.ProtocolTool.Name, arguments.ToDictionary(), cancellationToken).ConfigureAwait(false);
        var text = result.StructuredContent is { } structured
            ? structured.GetRawText()
            : string.Join('\n', result.Content.Select(block => block switch
            {
                TextContentBlock one => one.Text,
                EmbeddedResourceBlock { Resource: TextResourceContents resource } => resource.Text,
                _ => $"[{block.Type}]",
            }));
        return result.IsError == true ? throw new McpToolException(server.Name, tool.ProtocolTool.Name, text) : text;
    }
}
