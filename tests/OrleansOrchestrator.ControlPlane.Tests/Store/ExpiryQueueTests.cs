using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ExpiryQueueTests
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromHours(1);
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(3);

    [Fact]
    public void TakeExpired_BeforeTheTime_TakesNothing()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        queue.TakeExpired(tree, Start + TimeToLive - TimeSpan.FromTicks(1), 1000).ShouldBeEmpty();
    }

    [Fact]
    public void TakeExpired_AtTheTime_DeletesAtTheKnownRevision()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 7));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var write = queue.TakeExpired(tree, Start + TimeToLive, 1000).ShouldHaveSingleItem();
        (write.Type, write.Namespace, write.Name, write.ExpectedRevision).ShouldBe((WriteType.Delete, "a", "x", 7L));
    }

    [Fact]
    public void TakeExpired_OfWhatWasWrittenAgain_WaitsForTheLastWrite()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        queue.TakeExpired(tree, Start + TimeSpan.FromMinutes(30), 1000).ShouldBeEmpty();
        var again = Samples.Map("a", "x", 2);
        tree = tree.With(again);
        queue.Note(Samples.Modified(again), Start + TimeSpan.FromMinutes(30));

        queue.TakeExpired(tree, Start + TimeToLive, 1000).ShouldBeEmpty();
        queue.TakeExpired(tree, Start + TimeToLive + TimeSpan.FromMinutes(30), 1000).ShouldHaveSingleItem().ExpectedRevision.ShouldBe(2);
    }

    [Fact]
    public void TakeExpired_OfMany_TakesABoundedNumberAtATime()
    {
        var tree = ObjectTree.FromSorted([.. Enumerable.Range(0, 2500).Select(i => Samples.Map("a", $"n{i:d4}", i + 1))]);
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var now = Start + TimeToLive;
        queue.TakeExpired(tree, now, 1000).Count.ShouldBe(1000);
        queue.TakeExpired(tree, now, 1000).Count.ShouldBe(1000);
        queue.TakeExpired(tree, now, 1000).Count.ShouldBe(500);
    }

    [Fact]
    public void TakeExpired_WhoseDeletionDidNotHappen_IsTakenAgain()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        var queue = ExpiryQueue.Of(tree.All(), TimeToLive, Start);
        var now = Start + TimeToLive;
        var taken = queue.TakeExpired(tree, now, 1000);
        taken.Count.ShouldBe(1);
        queue.TakeExpired(tree, now, 1000).ShouldBeEmpty();
        queue.PutBack(taken);
        queue.TakeExpired(tree, now, 1000).ShouldHaveSingleItem().ShouldBe(taken[0]);
        queue.TakeExpired(tree, now + TimeToLive, 1000).ShouldBeEmpty();
    }

    [Fact]
    public void TakeExpired_OfWhatIsGone_TakesNothing()
    {
        var obj = Samples.Map("a", "x", 1);
        var queue = ExpiryQueue.Of([obj], TimeToLive, Start);
        queue.Note(Samples.Deleted(Samples.Map("a", "x", 2)), Start);
        queue.TakeExpired(ObjectTree.Empty, Start + TimeToLive + TimeToLive, 1000).ShouldBeEmpty();
    }
}
