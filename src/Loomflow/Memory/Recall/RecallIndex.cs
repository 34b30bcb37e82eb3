using System.Buffers;
using System.Runtime.InteropServices;

namespace Loomflow;

/// <summary>
/// Finds what is about the same as a query among the items of one partition: BM25 over words and cosine similarity over vectors, fused by
/// reciprocal rank. Not safe for concurrent use.
/// </summary>
internal sealed class RecallIndex<T>
{
    private const double K1 = 1.5;
    private const double B = 0.75;
    private const int PoolSize = 50;
    private const int MinDeadToCompact = 64;

    private readonly Dictionary<string, int> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<Posting>> _postings = new(StringComparer.Ordinal);
    private readonly List<Slot> _entries = [];
    private long _totalLength;

    /// <summary>How many items there are.</summary>
    public int Count => _slots.Count;

    /// <summary>About how much memory the index takes, without the items.</summary>
    public long EstimatedBytes { get; private set; }

    public bool TryGet(string id, out T item)
    {
        var found = _slots.TryGetValue(id, out var slot);
        item = found ? _entries[slot].Item : default!;
        return found;
    }

    public bool TryGetVector(string id, out QuantizedVector? vector)
    {
        var found = _slots.TryGetValue(id, out var slot);
        vector = found ? _entries[slot].Vector : null;
        return found;
    }

    /// <summary>The items in the order in which they were put.</summary>
    public IEnumerable<T> Items => _entries.Where(entry => entry.Alive).Select(entry => entry.Item);

    /// <summary>Adds an item, or puts it in the place of the one with its id.</summary>
    /// <param name="id">The item's id.</param>
    /// <param name="time">The newer of two that match alike comes first.</param>
    /// <param name="text">The item's words.</param>
    /// <param name="vector">The item's vector, or none.</param>
    /// <param name="item">The item.</param>
    public void Put(string id, long time, string text, QuantizedVector? vector, T item)
    {
        Remove(id);
        var words = Words.Of(text);
        var slot = _entries.Count;
        _slots[id] = slot;
        _entries.Add(new Slot(id, time, words.Count, vector, item));
        _totalLength += words.Count;
        EstimatedBytes += 120 + (vector?.Dimensions ?? 0);
        foreach (var word in words)
        {
            ref var postings = ref CollectionsMarshal.GetValueRefOrAddDefault(_postings, word, out _);
            if (postings is null) EstimatedBytes += 100;
            postings ??= [];
            var last = postings.Count - 1;
            if (last >= 0 && postings[last].Slot == slot)
            {
                postings[last] = new Posting(slot, postings[last].Frequency + 1);
                continue;
            }

            postings.Add(new Posting(slot, 1));
            EstimatedBytes += 12;
        }
    }

    /// <summary>Removes an item; <see langword="false"/> where there was none.</summary>
    public bool Remove(string id)
    {
        if (!_slots.Remove(id, out var slot)) return false;
        _totalLength -= _entries[slot].Length;
        EstimatedBytes -= 120 + (_entries[slot].Vector?.Dimensions ?? 0);
        _entries[slot] = Slot.Dead;

        // Postings of the dead are passed over until there are many: finding them one by one would need every text again.
        var dead = _entries.Count - _slots.Count;
        if (dead >= MinDeadToCompact && dead > _slots.Count / 4) Compact();
        return true;
    }

    /// <summary>The best matches among the admitted items, best first; empty where nothing matches.</summary>
    public List<Recalled<T>> Search(string text, QuantizedVector? vector, double alpha, double minSimilarity, int limit, Func<T, bool> admit, int skip = 0)
    {
        var pool = Math.Max(PoolSize, skip + limit);
        var fused = new Dictionary<int, double>();
        if (alpha < 1) ReciprocalRank.Fuse(fused, ByWords(text, pool, admit), 1 - alpha);
        if (alpha > 0) ReciprocalRank.Fuse(fused, ByMeaning(vector, minSimilarity, pool, admit), alpha);
        return [.. fused.OrderByDescending(match => match.Value).ThenByDescending(match => _entries[match.Key].Time)
            .ThenByDescending(match => _entries[match.Key].Id, StringComparer.Ordinal)
            .Skip(skip).Take(limit).Select(match => new Recalled<T>(_entries[match.Key].Item, match.Value))];
    }

    private List<int> ByWords(string text, int pool, Func<T, bool> admit)
    {
        if (_slots.Count == 0) return [];
        var scores = ArrayPool<double>.Shared.Rent(_entries.Count);
        Array.Clear(scores, 0, _entries.Count);
        var touched = new List<int>();
        var averageLength = Math.Max(1, (double)_totalLength / _slots.Count);
        var entries = CollectionsMarshal.AsSpan(_entries);
        foreach (var word in Words.Of(text).Distinct(StringComparer.Ordinal))
        {
            if (!_postings.TryGetValue(word, out var postings)) continue;
            var weight = Math.Log(1 + (Math.Max(0, _slots.Count - postings.Count) + 0.5) / (postings.Count + 0.5));
            foreach (var (slot, frequency) in CollectionsMarshal.AsSpan(postings))
            {
                if (!entries[slot].Alive) continue;
                if (scores[slot] == 0) touched.Add(slot);
                scores[slot] += weight * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * entries[slot].Length / averageLength));
            }
        }

        var best = new Ranking(this, pool, admit);
        foreach (var slot in touched) best.Offer(slot, scores[slot]);
        ArrayPool<double>.Shared.Return(scores);
        return best.Slots();
    }

    private List<int> ByMeaning(QuantizedVector? vector, double minSimilarity, int pool, Func<T, bool> admit)
    {
        if (vector is null) return [];
        var best = new Ranking(this, pool, admit);
        var entries = CollectionsMarshal.AsSpan(_entries);
        for (var slot = 0; slot < entries.Length; slot++)
        {
            if (entries[slot].Vector is not { } candidate || !candidate.IsComparableTo(vector)) continue;
            var similarity = vector.Cosine(candidate);
            if (similarity >= minSimilarity && similarity > 0) best.Offer(slot, similarity);
        }

        return best.Slots();
    }

    private static readonly Comparer<(double Score, long Time, string Id)> Weakest = Comparer<(double Score, long Time, string Id)>.Create((a, b) =>
        a.Score != b.Score ? a.Score.CompareTo(b.Score)
        : a.Time != b.Time ? a.Time.CompareTo(b.Time)
        : string.CompareOrdinal(a.Id, b.Id));

    private void Compact()
    {
        var moved = new int[_entries.Count];
        var alive = 0;
        for (var slot = 0; slot < _entries.Count; slot++)
        {
            moved[slot] = _entries[slot].Alive ? alive : -1;
            if (!_entries[slot].Alive) continue;
            _slots[_entries[slot].Id] = alive;
            _entries[alive++] = _entries[slot];
        }

        _entries.RemoveRange(alive, _entries.Count - alive);
        foreach (var (word, postings) in _postings.ToArray())
        {
            var kept = postings.Where(posting => moved[posting.Slot] >= 0).Select(posting => posting with { Slot = moved[posting.Slot] }).ToList();
            EstimatedBytes -= 12L * (postings.Count - kept.Count);
            if (kept.Count > 0) _postings[word] = kept;
            else
            {
                _postings.Remove(word);
                EstimatedBytes -= 100;
            }
        }
    }

    /// <summary>Keeps the best of what it is offered; most offers are turned down by one comparison.</summary>
    private sealed class Ranking(RecallIndex<T> index, int size, Func<T, bool> admit)
    {
        private readonly PriorityQueue<int, (double Score, long Time, string Id)> _best = new(Weakest);

        public void Offer(int slot, double score)
        {
            var isFull = _best.Count == size;
            if (isFull && _best.TryPeek(out _, out var weakest) && score < weakest.Score) return;
            var entry = index._entries[slot];
            if (!admit(entry.Item)) return;
            if (isFull) _best.EnqueueDequeue(slot, (score, entry.Time, entry.Id));
            else _best.Enqueue(slot, (score, entry.Time, entry.Id));
        }

        public List<int> Slots()
        {
            var slots = new List<int>(_best.Count);
            while (_best.TryDequeue(out var slot, out _)) slots.Add(slot);
            slots.Reverse();
            return slots;
        }
    }

    private readonly record struct Posting(int Slot, int Frequency);

    private readonly record struct Slot(string Id, long Time, int Length, QuantizedVector? Vector, T Item)
    {
        public static readonly Slot Dead = new(null!, 0, 0, null, default!);

        public bool Alive => Id is not null;
    }
}
