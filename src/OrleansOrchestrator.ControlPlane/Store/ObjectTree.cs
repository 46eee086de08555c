using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// An immutable map of objects in key order. A change copies one chunk of a few hundred references and the list of chunks, so that all
/// earlier versions stay readable: a list or a snapshot is the tree of one revision, however long it takes.
/// </summary>
/// <remarks>
/// Two levels suffice. With 150,000 objects a change copies about 12 KB in two block copies. That costs less than the dozens of small
/// nodes that a balanced tree allocates, and reading in order is an array walk.
/// </remarks>
internal sealed class ObjectTree
{
    // Balances the two copies of a change: with 150,000 objects a chunk of 2 KB and a list of about 10 KB.
    private const int ChunkMax = 256;

    private readonly StoredObject[][] _chunks;

    private ObjectTree(StoredObject[][] chunks, int count)
    {
        _chunks = chunks;
        Count = count;
    }

    public static ObjectTree Empty { get; } = new([], 0);

    /// <summary>The number of objects.</summary>
    public int Count { get; }

    /// <summary>Builds a tree from objects in key order.</summary>
    public static ObjectTree FromSorted(IReadOnlyList<StoredObject> objects)
    {
        var chunks = new List<StoredObject[]>((objects.Count / (ChunkMax / 2)) + 1);
        for (var start = 0; start < objects.Count; start += ChunkMax / 2)
        {
            var chunk = new StoredObject[Math.Min(ChunkMax / 2, objects.Count - start)];
            for (var i = 0; i < chunk.Length; i++)
                chunk[i] = objects[start + i];
            chunks.Add(chunk);
        }

        return new ObjectTree([.. chunks], objects.Count);
    }

    /// <summary>Finds an object.</summary>
    public StoredObject? Find(in ObjectKey key)
    {
        var chunkIndex = FindChunk(key);
        if (chunkIndex < 0)
            return null;
        var chunk = _chunks[chunkIndex];
        var index = FindInChunk(chunk, key);
        return index >= 0 ? chunk[index] : null;
    }

    /// <summary>The tree with an object added or replaced.</summary>
    public ObjectTree With(StoredObject obj)
    {
        if (_chunks.Length == 0)
            return new ObjectTree([[obj]], 1);

        var chunkIndex = Math.Max(FindChunk(obj.Key), 0);
        var chunk = _chunks[chunkIndex];
        var index = FindInChunk(chunk, obj.Key);
        if (index >= 0)
        {
            var replaced = (StoredObject[])chunk.Clone();
            replaced[index] = obj;
            return new ObjectTree(ReplaceChunk(chunkIndex, [replaced]), Count);
        }

        var inserted = Insert(chunk, ~index, obj);
        StoredObject[][] replacement = inserted.Length <= ChunkMax
            ? [inserted]
            : [inserted[..(inserted.Length / 2)], inserted[(inserted.Length / 2)..]];
        return new ObjectTree(ReplaceChunk(chunkIndex, replacement), Count + 1);
    }

    /// <summary>The tree without an object; the same tree if it does not contain the key.</summary>
    public ObjectTree Without(in ObjectKey key)
    {
        var chunkIndex = FindChunk(key);
        if (chunkIndex < 0)
            return this;
        var chunk = _chunks[chunkIndex];
        var index = FindInChunk(chunk, key);
        if (index < 0)
            return this;

        if (chunk.Length == 1)
            return new ObjectTree(ReplaceChunk(chunkIndex, []), Count - 1);
        var rest = new StoredObject[chunk.Length - 1];
        Array.Copy(chunk, rest, index);
        Array.Copy(chunk, index + 1, rest, index, rest.Length - index);
        return new ObjectTree(ReplaceChunk(chunkIndex, [rest]), Count - 1);
    }

    /// <summary>The tree with many changes. It copies each affected chunk once, and the list of chunks once.</summary>
    /// <param name="changes">The changed objects by key; null for deleted ones.</param>
    public ObjectTree With(IReadOnlyCollection<KeyValuePair<ObjectKey, StoredObject?>> changes)
    {
        var sorted = changes.ToArray();
        Array.Sort(sorted, static (left, right) => left.Key.CompareTo(right.Key));
        var chunks = new List<StoredObject[]>(_chunks.Length + 1);
        var count = Count;
        var copied = 0;
        for (var next = 0; next < sorted.Length;)
        {
            var chunkIndex = Math.Max(FindChunk(sorted[next].Key), 0);
            chunks.AddRange(_chunks.AsSpan(copied..Math.Min(chunkIndex, _chunks.Length)));
            copied = Math.Min(chunkIndex + 1, _chunks.Length);

            // The changes before the next chunk's first key belong to this chunk.
            var end = next + 1;
            while (end < sorted.Length && (copied == _chunks.Length || sorted[end].Key.CompareTo(_chunks[copied][0].Key) < 0))
                end++;
            var chunk = chunkIndex < _chunks.Length ? _chunks[chunkIndex] : [];
            var merged = Merge(chunk, sorted.AsSpan(next..end));
            count += merged.Count - chunk.Length;
            Split(merged, chunks);
            next = end;
        }

        chunks.AddRange(_chunks.AsSpan(copied));
        return new ObjectTree([.. chunks], count);
    }

    /// <summary>All objects in key order.</summary>
    public IEnumerable<StoredObject> All()
    {
        foreach (var chunk in _chunks)
        {
            foreach (var obj in chunk)
                yield return obj;
        }
    }

    /// <summary>The objects of a namespace, or all if it is empty, in key order after a key.</summary>
    /// <param name="namespace">The namespace; empty for all.</param>
    /// <param name="after">Where to begin; null for the first.</param>
    public IEnumerable<StoredObject> Range(string @namespace, ObjectKey? after = null)
    {
        var from = after ?? new ObjectKey(@namespace, "");
        var chunkIndex = Math.Max(FindChunk(from), 0);
        if (chunkIndex >= _chunks.Length)
            yield break;
        var index = FindInChunk(_chunks[chunkIndex], from);
        index = index >= 0 ? index + 1 : ~index;
        for (; chunkIndex < _chunks.Length; chunkIndex++, index = 0)
        {
            var chunk = _chunks[chunkIndex];
            for (; index < chunk.Length; index++)
            {
                if (@namespace.Length > 0 && chunk[index].Key.Namespace != @namespace)
                    yield break;
                yield return chunk[index];
            }
        }
    }

    /// <summary>The last chunk whose first key is not after <paramref name="key"/>; -1 if all are.</summary>
    private int FindChunk(in ObjectKey key)
    {
        int low = 0, high = _chunks.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (_chunks[middle][0].Key.CompareTo(key) <= 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return high;
    }

    private static int FindInChunk(StoredObject[] chunk, in ObjectKey key)
    {
        int low = 0, high = chunk.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = chunk[middle].Key.CompareTo(key);
            if (order == 0)
                return middle;
            if (order < 0)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }

    private static List<StoredObject> Merge(StoredObject[] chunk, ReadOnlySpan<KeyValuePair<ObjectKey, StoredObject?>> changes)
    {
        var merged = new List<StoredObject>(chunk.Length + changes.Length);
        var kept = 0;
        foreach (var (key, obj) in changes)
        {
            var index = FindInChunk(chunk, key);
            var before = index >= 0 ? index : ~index;
            merged.AddRange(chunk.AsSpan(kept..before));
            kept = index >= 0 ? index + 1 : before;
            if (obj is not null)
                merged.Add(obj);
        }

        merged.AddRange(chunk.AsSpan(kept));
        return merged;
    }

    /// <summary>Splits objects into chunks with room to grow.</summary>
    private static void Split(List<StoredObject> objects, List<StoredObject[]> chunks)
    {
        var parts = objects.Count <= ChunkMax ? 1 : (objects.Count + (ChunkMax / 2) - 1) / (ChunkMax / 2);
        for (int part = 0, start = 0; part < parts && objects.Count > 0; part++)
        {
            var end = objects.Count * (part + 1) / parts;
            chunks.Add(objects[start..end].ToArray());
            start = end;
        }
    }

    private static StoredObject[] Insert(StoredObject[] chunk, int index, StoredObject obj)
    {
        var result = new StoredObject[chunk.Length + 1];
        Array.Copy(chunk, result, index);
        result[index] = obj;
        Array.Copy(chunk, index, result, index + 1, chunk.Length - index);
        return result;
    }

    private StoredObject[][] ReplaceChunk(int index, ReadOnlySpan<StoredObject[]> replacement)
    {
        var result = new StoredObject[_chunks.Length - 1 + replacement.Length][];
        Array.Copy(_chunks, result, index);
        replacement.CopyTo(result.AsSpan(index));
        Array.Copy(_chunks, index + 1, result, index + replacement.Length, _chunks.Length - index - 1);
        return result;
    }
}
