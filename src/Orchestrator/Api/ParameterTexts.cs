namespace Loomflow.Aspire.Orchestrator.Api;

/// <summary>What the description of the API says of parameters that several routes have.</summary>
internal static class ParameterTexts
{
    public const string Whose = "Whose; the caller's own unless given. Naming another user takes the scope users.delegate or admin.";
    public const string Cursor = "The nextCursor of the page before, as it was given.";
}
