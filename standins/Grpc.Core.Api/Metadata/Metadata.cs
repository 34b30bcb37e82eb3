using System.Collections;
using System.Diagnostics;
using System.Text;
using Grpc.Core.Utils;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call, in order; a key may occur more than once and is compared without regard to case.</summary>
[DebuggerDisplay("Count = {Count}")]
public sealed class Metadata : IList<Metadata.Entry>
{
    /// <summary>Keys that end so carry bytes, which travel as base64.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No entries, and read-only.</summary>
    public static readonly Metadata Empty = new() { _readOnly = true };

    private readonly List<Entry> _entries = [];
    private bool _readOnly;

    public int Count => _entries.Count;

    public bool IsReadOnly => _readOnly;

    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable(value)[index] = value;
    }

    /// <summary>The last entry with the key, or null.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.HasKey(key));

    /// <summary>The last value with the key, or null. Throws for a binary entry.</summary>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The last value with the key as bytes, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key)
    {
        foreach (var entry in _entries)
        {
            if (entry.HasKey(key))
                yield return entry;
        }
    }

    public void Add(string key, string value) => Add(new Entry(key, value));

    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public void Add(Entry item) => Writable(item).Add(item);

    public void Insert(int index, Entry item) => Writable(item).Insert(index, item);

    public bool Remove(Entry item) => Writable().Remove(item);

    public void RemoveAt(int index) => Writable().RemoveAt(index);

    public void Clear() => Writable().Clear();

    public int IndexOf(Entry item) => _entries.IndexOf(item);

    public bool Contains(Entry item) => _entries.Contains(item);

    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);

    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private List<Entry> Writable(Entry item)
    {
        GrpcPreconditions.CheckNotNull(item, nameof(item));
        return Writable();
    }

    private List<Entry> Writable()
    {
        GrpcPreconditions.CheckState(!_readOnly, "Object is read only");
        return _entries;
    }

    /// <summary>One key with its text or, where the key ends in <c>-bin</c>, its bytes.</summary>
    public class Entry
    {
        private readonly string? _value;
        private readonly byte[]? _valueBytes;

        public Entry(string key, byte[] valueBytes)
        {
            Key = Normalize(key);
            GrpcPreconditions.CheckArgument(
                Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal),
                $"Key '{Key}' has bytes as its value, so it must end in '{BinaryHeaderSuffix}'.");
            _valueBytes = (byte[])GrpcPreconditions.CheckNotNull(valueBytes, nameof(valueBytes)).Clone();
        }

        public Entry(string key, string value)
        {
            Key = Normalize(key);
            GrpcPreconditions.CheckArgument(
                !Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal),
                $"Key '{Key}' has text as its value, so it must not end in '{BinaryHeaderSuffix}'.");
            _value = GrpcPreconditions.CheckNotNull(value, nameof(value));
        }

        /// <summary>In lower case.</summary>
        public string Key { get; }

        /// <summary>A copy of the bytes; of a text value, its ASCII.</summary>
        public byte[] ValueBytes => (byte[]?)_valueBytes?.Clone() ?? Encoding.ASCII.GetBytes(_value!);

        /// <summary>The text. Throws for a binary entry.</summary>
        public string Value
        {
            get
            {
                GrpcPreconditions.CheckState(!IsBinary, "Cannot access string value of a binary metadata entry");
                return _value!;
            }
        }

        public bool IsBinary => _value is null;

        public override string ToString() =>
            IsBinary ? $"[Entry: key={Key}, valueBytes={_valueBytes}]" : $"[Entry: key={Key}, value={_value}]";

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static string Normalize(string key)
        {
            GrpcPreconditions.CheckNotNull(key, nameof(key));
            foreach (var c in key)
            {
                GrpcPreconditions.CheckArgument(
                    char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-',
                    "Metadata entry key not valid. Keys can only contain lowercase alphanumeric characters, underscores, hyphens and dots.");
            }

            return key.ToLowerInvariant();
        }
    }
}
