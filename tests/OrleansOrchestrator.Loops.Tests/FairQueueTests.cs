using CsCheck;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class FairQueueTests
{
    [Fact]
    public void TryDequeue_GroupWithVeryMany_TakesTurnsWithTheOthers()
    {
        var queue = new FairQueue<string>();
        for (var i = 0; i < 1_000; i++)
            queue.Enqueue("flood", $"f{i}");
        queue.Enqueue("calm", "a");
        queue.Enqueue("calm", "b");

        Take(queue, 4).ShouldBe(["f0", "a", "f1", "b"]);
    }

    [Fact]
    public void Enqueue_FullOfOneGroup_DropsTheOldestOfThat()
    {
        var queue = new FairQueue<string>(3);
        for (var i = 0; i < 5; i++)
            queue.Enqueue("flood", $"f{i}").ShouldBe(i < 3);
        queue.Enqueue("calm", "a").ShouldBeFalse();

        Take(queue, 9).ShouldBe(["f3", "a", "f4"]);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void Queue_RandomItems_LosesNoneAndKeepsTheOrderOfEachGroup() =>
        Gen.Select(Gen.Int[0, 3], Gen.Bool).List[0, 60].Sample(steps =>
        {
            var queue = new FairQueue<(string Group, int Number)>();
            var (added, taken) = (new List<(string Group, int Number)>(), new List<(string Group, int Number)>());
            foreach (var ((group, isTaken), number) in steps.Select((step, i) => (step, i)))
            {
                added.Add(($"{group}", number));
                queue.Enqueue($"{group}", added[^1]);
                if (isTaken && queue.TryDequeue(out var item))
                    taken.Add(item);
            }

            while (queue.TryDequeue(out var rest))
                taken.Add(rest);
            foreach (var group in added.GroupBy(item => item.Group))
                taken.Where(item => item.Group == group.Key).ShouldBe(group);
            taken.Count.ShouldBe(added.Count);
        });

    private static List<string> Take(FairQueue<string> queue, int countMax)
    {
        var taken = new List<string>();
        while (taken.Count < countMax && queue.TryDequeue(out var item))
            taken.Add(item);
        return taken;
    }
}
