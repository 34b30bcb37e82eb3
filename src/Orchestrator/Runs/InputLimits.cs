using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Loomflow.Aspire.Orchestrator.Runs;

/// <summary>Keeps what is larger or deeper than the system can carry out of journals.</summary>
internal sealed class InputLimits(IOptions<InputOptions> options)
{
    /// <exception cref="RunRefusedException">It is too large, or too deep.</exception>
    public void Check(Payload payload, string name)
    {
        if (payload.IsNull) return;
        var json = payload.ToJson();
        if (json.Length > options.Value.MaxBytes)
        {
            throw new RunRefusedException(RunRefusal.TooLarge, $"The {name} has {json.Length} bytes; at most {options.Value.MaxBytes} are taken ({InputOptions.Section}:{nameof(InputOptions.MaxBytes)}).");
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = options.Value.MaxDepth });
            while (reader.Read())
            {
                // Reading to the end is the check.
            }
        }
        catch (JsonException deep)
        {
            throw new RunRefusedException(RunRefusal.TooDeep, $"The {name} is nested deeper than the {options.Value.MaxDepth} levels that are taken ({InputOptions.Section}:{nameof(InputOptions.MaxDepth)}).", deep);
        }
    }
}
