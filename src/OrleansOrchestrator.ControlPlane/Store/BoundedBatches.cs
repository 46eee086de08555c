namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>
/// Splits sequences into batches bounded by count and by bytes. A batch has at least one element, however large, so that processing
/// batch by batch always ends.
/// </summary>
internal static class BoundedBatches
{
    /// <summary>Takes the first batch.</summary>
    /// <param name="source">The sequence.</param>
    /// <param name="countMax">The most elements.</param>
    /// <param name="bytesMax">The most bytes. A larger first element makes a batch of its own.</param>
    /// <param name="bytesOf">The size of an element.</param>
    /// <returns>The batch, and whether it is the whole sequence.</returns>
    public static (List<T> Batch, bool IsLast) TakeBatch<T>(this IEnumerable<T> source, int countMax, long bytesMax, Func<T, long> bytesOf)
    {
        var batch = new List<T>();
        var bytes = 0L;
        foreach (var element in source)
        {
            bytes += bytesOf(element);
            if (batch.Count == countMax || (batch.Count > 0 && bytes > bytesMax))
                return (batch, false);
            batch.Add(element);
        }

        return (batch, true);
    }

    /// <summary>Splits a sequence.</summary>
    public static IEnumerable<List<T>> InBatches<T>(this IReadOnlyList<T> source, int countMax, long bytesMax, Func<T, long> bytesOf)
    {
        for (var start = 0; start < source.Count;)
        {
            var batch = source.Skip(start).TakeBatch(countMax, bytesMax, bytesOf).Batch;
            start += batch.Count;
            yield return batch;
        }
    }

    /// <summary>Splits an asynchronous sequence as it arrives.</summary>
    public static async IAsyncEnumerable<List<T>> InBatches<T>(
        this IAsyncEnumerable<T> source, int countMax, long bytesMax, Func<T, long> bytesOf)
    {
        var batch = new List<T>();
        var bytes = 0L;
        await foreach (var element in source)
        {
            var size = bytesOf(element);
            if (batch.Count == countMax || (batch.Count > 0 && bytes + size > bytesMax))
            {
                yield return batch;
                (batch, bytes) = ([], 0);
            }

            batch.Add(element);
            bytes += size;
        }

        if (batch.Count > 0)
            yield return batch;
    }
}
