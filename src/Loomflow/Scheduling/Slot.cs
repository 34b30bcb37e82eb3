namespace Loomflow;

/// <summary>What a frame knows about one of its nodes.</summary>
internal struct Slot
{
    public int Visits;

    /// <summary>The visit under way.</summary>
    public NodeVisit? Current;

    /// <summary>What has arrived since the last visit began; the first one apart, because most nodes get only one.</summary>
    public Delivery First;
    public List<Delivery>? More;
    public int Deliveries;

    /// <summary>What several deliveries make together, once somebody has asked.</summary>
    public object? Bound;

    /// <summary>Whether the node is in the ready queue.</summary>
    public bool Ready;

    /// <summary>Its position in the frame's list of active nodes plus one; 0 when it is not active.</summary>
    public int ActivePosition;

    /// <summary>Nodes that wait because this one can still reach them.</summary>
    public List<int>? Watchers;
}
