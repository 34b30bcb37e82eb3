namespace Loomflow.Audit;

/// <summary>Where a chain stands.</summary>
/// <param name="Size">How many records it has; also the next sequence number.</param>
/// <param name="LastLeaf">The last record's leaf hash; zeros in an empty chain.</param>
public readonly record struct ChainHead(long Size, Digest LastLeaf);
