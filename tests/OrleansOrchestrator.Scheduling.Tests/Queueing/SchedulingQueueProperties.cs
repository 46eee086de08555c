using CsCheck;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Queueing;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Queueing;

public sealed class SchedulingQueueProperties
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Queue_RandomOperations_LosesNoPodAndInventsNone() =>
        Gen.Select(Gen.Int[0, 7], Gen.Int[0, 7], Gen.Int[0, 3], Gen.Double[0, 4]).Array[1, 120].Sample(operations =>
        {
            var queue = new SchedulingQueue(new SchedulingQueueOptions(), new Changes.Hints());
            var expected = new HashSet<string>(StringComparer.Ordinal);
            var now = Start;
            foreach (var (operation, pod, variant, seconds) in operations)
            {
                now = now.AddSeconds(seconds);
                Apply(queue, expected, operation, $"p{pod}", variant, now);
                queue.Count.ShouldBe(expected.Count);
            }

            // Whatever happened, everything that is still wanted comes out when its attempt ends, time passes, and each finds a node.
            foreach (var uid in expected)
                queue.Retry(uid, now);
            var popped = new List<string>();
            while (queue.Pop(int.MaxValue, now.AddHours(1)) is { Count: > 0 } next)
            {
                popped.AddRange(next.Select(pod => pod.Info.Uid));
                foreach (var pod in next)
                    queue.Placed(pod.Info.Uid);
            }

            popped.ShouldBe(expected, ignoreOrder: true);
        });

    private static void Apply(SchedulingQueue queue, HashSet<string> expected, int operation, string name, int variant, DateTimeOffset now)
    {
        var info = PodObjects.Create(name, cpu: $"{variant + 1}").WithPriority(variant).Info();
        switch (operation)
        {
            case 0:
                queue.Add(info, now).ShouldBeTrue();
                expected.Add(info.Uid);
                break;
            case 1:
                queue.Update(info, now).ShouldBe(expected.Contains(info.Uid));
                break;
            case 2:
                queue.Delete(info.Uid).ShouldBe(expected.Remove(info.Uid));
                break;
            case 3:
                var popped = queue.Pop(variant, now);
                popped.Select(pod => -pod.Info.Priority).ShouldBeInOrder();
                break;
            case 4:
                queue.AddUnschedulable(info.Uid, Changes.HelpedBy((ClusterEvents)(1 << variant)), now);
                break;
            case 5:
                queue.Retry(info.Uid, now);
                break;
            case 6:
                queue.Placed(info.Uid);
                break;
            default:
                queue.Move(Changes.Of((ClusterEvents)(1 << variant)), now);
                break;
        }
    }
}
