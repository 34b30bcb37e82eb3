namespace Loomflow.Redis.Memory;

/// <summary>How episodes are found.</summary>
public enum RecallMode
{
    /// <summary>By an index in this process that follows Redis; any Redis will do.</summary>
    InProcessIndex,

    /// <summary>By the server's search module.</summary>
    SearchModule,
}
