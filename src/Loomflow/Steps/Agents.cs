namespace Loomflow;

/// <summary>Agents that worker services host.</summary>
public static class Agents
{
    /// <summary>The agent that workers host under <paramref name="name"/>: takes and gives text. Works inside runs that have workers.</summary>
    public static Step<string, string> Remote(string name) => Step.Remote<string, string>(name);
}
