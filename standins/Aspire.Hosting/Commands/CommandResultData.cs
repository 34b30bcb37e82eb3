namespace Aspire.Hosting.ApplicationModel;

public sealed class CommandResultData
{
    public required string Value { get; init; }

    public CommandResultFormat Format { get; init; }
}
