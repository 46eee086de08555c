using OrleansOrchestrator.Gateway.Transport;

namespace OrleansOrchestrator.Gateway.Tests.Transport;

public sealed class BlockPoolTests
{
    [Fact]
    public void Block_Returned_IsTheNextOne()
    {
        using var pool = new BlockPool();
        var (first, second) = (pool.Rent(), pool.Rent(1));
        first.Dispose();
        second.Dispose();
        using var next = pool.Rent(BlockPool.BlockBytes);
        pool.Ready.ShouldBe(1);
        new[] { first, second }.ShouldContain(next);
        next.Memory.Length.ShouldBe(BlockPool.BlockBytes);
    }

    [Fact]
    public void Blocks_InUse_AreNobodyElses()
    {
        using var pool = new BlockPool();
        var blocks = Enumerable.Range(0, 100).Select(_ => pool.Rent()).ToList();
        for (var i = 0; i < blocks.Count; i++)
            blocks[i].Memory.Span.Fill((byte)i);
        for (var i = 0; i < blocks.Count; i++)
            blocks[i].Memory.Span.IndexOfAnyExcept((byte)i).ShouldBe(-1);
    }

    [Fact]
    public void Trim_AfterATimeWithoutNeed_LetsGo()
    {
        using var pool = new BlockPool();
        var blocks = Enumerable.Range(0, 10).Select(_ => pool.Rent()).ToList();
        pool.Trim();
        blocks.ForEach(block => block.Dispose());

        // They were in use since the last look: perhaps they are needed again.
        pool.Trim();
        pool.Ready.ShouldBe(10);
        pool.Trim();
        pool.Ready.ShouldBe(0);
        using var fresh = pool.Rent();
        fresh.Memory.Length.ShouldBe(BlockPool.BlockBytes);
    }

    [Fact]
    public void Trim_AfterTheEnd_FindsNothing()
    {
        var pool = new BlockPool();
        pool.Rent().Dispose();
        pool.Trim();
        pool.Dispose();
        pool.Trim();
        pool.Ready.ShouldBe(0);
    }

    [Fact]
    public void Rent_OfMoreThanABlock_IsRefused()
    {
        using var pool = new BlockPool();
        Should.Throw<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.BlockBytes + 1));
    }

    [Fact]
    public void Block_ReturnedAfterTheEnd_IsNotKept()
    {
        var pool = new BlockPool();
        var late = pool.Rent();
        pool.Dispose();
        late.Dispose();
        pool.Ready.ShouldBe(0);
    }
}
