using Loomflow.V1;

namespace Loomflow.Audit.Client;

/// <summary>Gathers entries for one message, as many as it may carry.</summary>
internal sealed class AppendMessage(AuditClientOptions options)
{
    private AppendRequest _request = new();
    private int _bytes;

    public bool IsEmpty => _request.Entries.Count == 0;

    public bool HasRoomFor(PendingEntry entry) =>
        IsEmpty || (_request.Entries.Count < options.MaxEntriesPerMessage && _bytes + entry.Size <= options.MaxMessageBytes);

    public void Add(PendingEntry entry)
    {
        _request.Entries.Add(entry.Message);
        _bytes += entry.Size;
    }

    /// <summary>The message; the next one is begun.</summary>
    public AppendRequest Take()
    {
        var request = _request;
        (_request, _bytes) = (new AppendRequest(), 0);
        return request;
    }
}
