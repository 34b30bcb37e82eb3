namespace Loomflow.Audit.Client;

/// <summary>One entry of an append.</summary>
internal readonly record struct PendingEntry(PendingAppend Append, int Index)
{
    public V1.AuditEntry Message => Append.Entries[Index].Message;

    public int Size => Append.Entries[Index].Size;

    public bool IsAbandoned => Append.IsAbandoned;
}
