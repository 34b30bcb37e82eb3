namespace Loomflow;

/// <summary>What a tool call does to the world. Decides whether somebody is asked first.</summary>
public enum ToolEffect
{
    /// <summary>Nothing that lasts: it reads, computes or searches.</summary>
    None,

    /// <summary>A change that can be undone, for example an edit of a draft.</summary>
    Edit,

    /// <summary>A change that cannot be undone, or one that nobody has said anything about.</summary>
    Destructive,
}
