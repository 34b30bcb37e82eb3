namespace Loomflow;

/// <summary>What a frame knows about one of its nodes.</summary>
internal struct Slot
{
    public int Visits;

    /// <summary>How many values have arrived since the last visit began.</summary>
    public int Deliveries;

    /// <summary>Its position in the frame's list of active nodes plus one; 0 when it is not active.</summary>
    public int ActivePosition;

    /// <summary>Whether the node is in the ready queue.</summary>
    public bool Ready;

    /// <summary>The visit under way.</summary>
    public NodeVisit? Current;

    /// <summary>The first value that has arrived. Most nodes get only one.</summary>
    public Delivery First;

    /// <summary>What only joins and nodes on cycles need.</summary>
    public JoinSlot? Join;
}
