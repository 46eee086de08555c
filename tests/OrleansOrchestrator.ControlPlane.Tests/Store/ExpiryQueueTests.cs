using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ExpiryQueueTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void TakeExpired_BeforeTheTime_TakesNothing()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        queue.TakeExpired(tree, Start + TimeToLive - TimeSpan.FromTicks(1)).ShouldBeEmpty();
    }

    [Fact]
    public void TakeExpired_AtTheTime_DeletesAtTheKnownRevision()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 7));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var write = queue.TakeExpired(tree, Start + TimeToLive).ShouldHaveSingleItem();
        (write.Type, write.Namespace, write.Name, write.ExpectedRevision).ShouldBe((WriteType.Delete, "a", "x", 7L));
    }

    [Fact]
    public void TakeExpired_OfWhatWasWrittenAgain_WaitsForTheLastWrite()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        queue.TakeExpired(tree, Start + TimeSpan.FromMinutes(30)).ShouldBeEmpty();
        var again = Samples.Map("a", "x", 2);
        tree = tree.With(again);
        queue.Note(Samples.Modified(again), Start + TimeSpan.FromMinutes(30));

        queue.TakeExpired(tree, Start + TimeToLive).ShouldBeEmpty();
        queue.TakeExpired(tree, Start + TimeToLive + TimeSpan.FromMinutes(30)).ShouldHaveSingleItem().ExpectedRevision.ShouldBe(2);
    }

    [Fact]
    public void TakeExpired_OfMany_TakesABoundedNumberAtATime()
    {
        var tree = ObjectTree.FromSorted([.. Enumerable.Range(0, 2500).Select(i => Samples.Map("a", $"n{i:d4}", i + 1))]);
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var now = Start + TimeToLive;
        queue.TakeExpired(tree, now).Count.ShouldBe(1000);
        queue.TakeExpired(tree, now).Count.ShouldBe(1000);
        queue.TakeExpired(tree, now).Count.ShouldBe(500);
    }

    [Fact]
    public void TakeExpired_WhoseDeletionDidNotHappen_IsTakenAgainLater()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var now = Start + TimeToLive;
        queue.TakeExpired(tree, now).Count.ShouldBe(1);
        queue.TakeExpired(tree, now).ShouldBeEmpty();
        queue.TakeExpired(tree, now + TimeToLive).Count.ShouldBe(1);
    }

    [Fact]
    public void TakeExpired_OfWhatIsGone_TakesNothing()
    {
        var obj = Samples.Map("a", "x", 1);
        var queue = ExpiryQueue.Of([obj], TimeToLive, Start);
        queue.Note(Samples.Deleted(Samples.Map("a", "x", 2)), Start);
        queue.TakeExpired(ObjectTree.Empty, Start + TimeToLive + TimeToLive).ShouldBeEmpty();
    }
}
