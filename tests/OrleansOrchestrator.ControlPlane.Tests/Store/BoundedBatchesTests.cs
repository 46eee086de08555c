using CsCheck;
using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class BoundedBatchesTests
{
    private static readonly Gen<(int[] Sizes, int CountMax, int BytesMax)> Sequences =
        Gen.Select(Gen.Int[0, 100].Array[0, 40], Gen.Int[1, 10], Gen.Int[1, 150]);

    [Fact]
    public void InBatches_OfAnything_AreWithinTheBoundsOrOfOneElement() => Sequences.Sample(sequence =>
    {
        var (sizes, countMax, bytesMax) = sequence;
        var batches = sizes.InBatches(countMax, bytesMax, static size => size).ToList();
        batches.SelectMany(batch => batch).ShouldBe(sizes);
        foreach (var batch in batches)
        {
            batch.Count.ShouldBeInRange(1, countMax);
            (batch.Count == 1 || batch.Sum() <= bytesMax).ShouldBeTrue();
        }
    });

    [Fact]
    public async Task InBatches_AsItArrives_AreTheSame() => await Sequences.SampleAsync(async sequence =>
    {
        var (sizes, countMax, bytesMax) = sequence;
        var batches = await sizes.ToAsyncEnumerable().InBatches(countMax, bytesMax, static size => size).ToListAsync();
        batches.ShouldBe(sizes.InBatches(countMax, bytesMax, static size => size).ToList());
    });

    [Fact]
    public void TakeBatch_OfWhatFits_IsTheLast()
    {
        int[] sizes = [3, 4, 5];
        sizes.TakeBatch(3, 12, static size => size).ShouldBe(([3, 4, 5], true), new BatchComparer());
        sizes.TakeBatch(3, 11, static size => size).ShouldBe(([3, 4], false), new BatchComparer());
        sizes.TakeBatch(2, 12, static size => size).ShouldBe(([3, 4], false), new BatchComparer());
        sizes.TakeBatch(9, 1, static size => size).ShouldBe(([3], false), new BatchComparer());
    }

    private sealed class BatchComparer : IEqualityComparer<(List<int> Batch, bool IsLast)>
    {
        public bool Equals((List<int> Batch, bool IsLast) x, (List<int> Batch, bool IsLast) y) =>
            x.Batch.SequenceEqual(y.Batch) && x.IsLast == y.IsLast;

        public int GetHashCode((List<int> Batch, bool IsLast) batch) => batch.Batch.Count;
    }
}
