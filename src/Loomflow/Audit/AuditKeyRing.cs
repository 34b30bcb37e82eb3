using System.Text;

namespace Loomflow.Audit;

/// <summary>The keys a log was and is signed with: one is active, the others only verify.</summary>
public sealed class AuditKeyRing
{
    private readonly AuditKey[] _keys;

    /// <summary>Gathers keys.</summary>
    /// <exception cref="ArgumentException">There is none, or two share an id.</exception>
    public AuditKeyRing(params IEnumerable<AuditKey> keys)
    {
        _keys = [.. keys];
        if (_keys.Length == 0) throw new ArgumentException("A key ring needs at least one key.", nameof(keys));
        if (_keys.GroupBy(key => key.Id).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"Two audit keys are called '{twice.Key}'.", nameof(keys));
        }
    }

    /// <summary>The keys, in the order given.</summary>
    public IReadOnlyList<AuditKey> Keys => _keys;

    /// <summary>The key of that name, if the ring has it.</summary>
    public AuditKey? Find(string id) => Find(Encoding.UTF8.GetBytes(id));

    internal AuditKey? Find(ReadOnlySpan<byte> id)
    {
        foreach (var key in _keys)
        {
            if (key.IdBytes.Span.SequenceEqual(id)) return key;
        }

        return null;
    }
}
