namespace Loomflow;

/// <summary>What a frame knows about a node that waits for others or is waited for.</summary>
internal sealed class JoinSlot
{
    /// <summary>The values that have arrived after the first.</summary>
    public List<Delivery> More { get; } = [];

    /// <summary>What several values make together, once somebody has asked.</summary>
    public object? Bound { get; set; }

    /// <summary>Nodes that wait because this one can still reach them.</summary>
    public List<int> Watchers { get; set; } = [];
}
