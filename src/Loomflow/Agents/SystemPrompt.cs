namespace Loomflow;

/// <summary>The first message of every model call: instructions, then the schema where the model has to be told in words, then the tone.</summary>
internal static class SystemPrompt
{
    public static string Of(string instructions, OutputSchema? schema, string? tone)
    {
        var directive = ResponseTones.Directive(tone);
        if (schema is null && directive is null) return instructions;
        var prompt = instructions.TrimEnd();
        if (schema is not null)
        {
            prompt = $"{prompt}\n\nAnswer with JSON only, without code fences or any other text. It must fit this JSON schema:\n{schema.Schema.GetRawText()}".TrimStart();
        }

        return directive is null ? prompt : $"{prompt}\n\n---\nResponse style: {directive}".TrimStart();
    }
}
