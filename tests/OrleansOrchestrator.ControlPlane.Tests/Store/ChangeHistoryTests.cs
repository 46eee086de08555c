using CsCheck;
using OrleansOrchestrator.ControlPlane.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ChangeHistoryTests
{
    private const long NoBytesMax = long.MaxValue;

    [Fact]
    public void After_WithinBounds_ReturnsEveryLaterChangeInOrder() =>
        Gen.Select(Gen.Int[0, 60], Gen.Int[1, 40], Gen.Int[1, 3], Gen.Int[1, 70]).Sample((count, changesMax, gap, limit) =>
        {
            var history = new ChangeHistory(changesMax, NoBytesMax);
            history.Reset(5);
            var changes = Enumerable.Range(1, count).Select(i => Samples.Added(Samples.Map("a", $"n{i}", 5 + (i * gap)))).ToList();
            changes.ForEach(history.Append);

            var kept = changes.TakeLast(changesMax).ToList();
            history.Count.ShouldBe(kept.Count);
            history.CompleteAfter.ShouldBe(count <= changesMax ? 5 : changes[^(changesMax + 1)].Revision);
            for (var after = 0L; after <= 5 + (count * gap) + 1; after++)
            {
                var found = history.After(after, limit);
                if (after < history.CompleteAfter)
                    found.ShouldBeNull();
                else
                    found.ShouldBe(kept.Where(change => change.Revision > after).Take(limit));
            }
        }, iter: 100);

    [Fact]
    public void Append_BeyondTheBytes_DropsTheOldestButNeverTheNewest()
    {
        var change = Samples.Added(Samples.Map("a", "n", 1));
        var history = new ChangeHistory(100, change.Object.Json.Length * 2);
        for (var revision = 1; revision <= 9; revision++)
            history.Append(Samples.Added(Samples.Map("a", "n", revision)));
        history.After(7, 10)!.Select(kept => kept.Revision).ShouldBe([8L, 9L]);
        history.After(6, 10).ShouldBeNull();

        history.Append(Samples.Added(Samples.Map("a", "n", 10, value: new string('x', 5000))));
        history.Count.ShouldBe(1);
        history.After(9, 10)!.ShouldHaveSingleItem().Revision.ShouldBe(10);
    }

    [Fact]
    public void Age_CalledAgain_DropsWhatWasThereBefore()
    {
        var history = new ChangeHistory(1000, NoBytesMax);
        for (var revision = 1; revision <= 100; revision++)
            history.Append(Samples.Added(Samples.Map("a", "n", revision)));

        history.Age();
        history.Count.ShouldBe(100);
        history.Append(Samples.Added(Samples.Map("a", "n", 101)));
        history.Age();

        history.After(99, 10).ShouldBeNull();
        history.After(100, 10)!.ShouldHaveSingleItem().Revision.ShouldBe(101);
        history.Age();
        history.Count.ShouldBe(0);
        history.After(101, 10)!.ShouldBeEmpty();
        history.Append(Samples.Added(Samples.Map("a", "n", 102)));
        history.After(101, 10)!.ShouldHaveSingleItem().Revision.ShouldBe(102);
    }

    [Fact]
    public void Reset_ForgetsEverything_AndIsCompleteFromThere()
    {
        var history = new ChangeHistory(10, NoBytesMax);
        history.Append(Samples.Added(Samples.Map("a", "n", 1)));
        history.Reset(7);
        history.After(6, 10).ShouldBeNull();
        history.After(7, 10)!.ShouldBeEmpty();
    }
}
