using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Eviction;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.Tests.Eviction;

public sealed class EvictionRankingTests
{
    private const long Mebi = 1 << 20;

    [Fact]
    public void Rank_ShortOfMemory_TakesThoseBeyondTheirRequestFirstThenByPriorityThenByExcess()
    {
        var pods = new[]
        {
            Pod("within", memory: 900, request: 1000),
            Pod("important", memory: 500, priority: 100),
            Pod("small", memory: 50),
            Pod("large", memory: 150, request: 50),
            Pod("unknown"),
        };

        Ranked(pods, EvictionSignal.MemoryAvailable).ShouldBe(["unknown", "large", "small", "important", "within"]);
    }

    [Fact]
    public void Rank_ShortOfProcesses_TakesThoseOfLowPriorityFirstAndThenThoseWithMost() => Ranked(
        [Pod("few", processes: 1), Pod("many", processes: 50), Pod("important", processes: 500, priority: 1)], EvictionSignal.PidAvailable)
        .ShouldBe(["many", "few", "important"]);

    [Theory]
    [InlineData("nodefs.available", false, "roots,logs")]
    [InlineData("nodefs.available", true, "logs,roots")]
    [InlineData("imagefs.available", true, "roots,logs")]
    [InlineData("imagefs.available", false, "roots,logs")]
    public void Rank_ShortOfDisk_CountsTheFilesOnThatDisk(string signal, bool hasImageFs, string order)
    {
        var pods = new[] { Pod("logs", memory: 1, logs: 10), Pod("roots", memory: 1, root: 20) };

        EvictionRanking.Rank(pods, EvictionSignal.Find(signal)!, hasImageFs).Select(pod => pod.Pod.Metadata.Name).ShouldBe(order.Split(','));
    }

    [Fact]
    public void Rank_CriticalPods_StayWhateverTheyUse() =>
        Ranked([Pod("critical", memory: 1000, priority: 2_000_000_000), Pod("other", memory: 1)], EvictionSignal.MemoryAvailable).ShouldBe(["other"]);

    [Fact]
    public void Rank_StaticPods_StayWhateverTheyUse() => RankedBeside("kubernetes.io/config.source", "file").ShouldBe(["other"]);

    [Theory]
    [InlineData("kubernetes.io/config.source", "api")]
    [InlineData("kubernetes.io/config.mirror", "file")]
    public void Rank_PodThatIsNotStatic_GoesLikeAnyOther(string annotation, string value) => RankedBeside(annotation, value).ShouldBe(["this", "other"]);

    private static IEnumerable<string> RankedBeside(string annotation, string value)
    {
        var pod = Pod("this", memory: 1000);
        pod.Pod.Metadata.Annotations = new Dictionary<string, string> { [annotation] = value };
        return Ranked([pod, Pod("other", memory: 1)], EvictionSignal.MemoryAvailable);
    }

    [Fact]
    public void FailureOf_ShortOfMemory_SaysItInTheKubeletsWords()
    {
        var pod = Pod("a", memory: 200, request: 50);
        var threshold = new EvictionThreshold(EvictionSignal.MemoryAvailable, new ThresholdAmount(100 * Mebi, 0), TimeSpan.Zero, default);

        var failure = EvictionRanking.FailureOf(pod, threshold, new SignalReading(60 * Mebi, 1000 * Mebi));

        failure.Reason.ShouldBe("Evicted");
        failure.Message.ShouldBe(
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 60Mi. "
            + "Container main was using 200Mi, request is 50Mi, has larger consumption of memory. ");
        failure.Disruption.ShouldBe(new PodDisruption("TerminationByKubelet", failure.Message));
    }

    [Fact]
    public void Rank_AnyPods_IsOneOrderOfThemWhateverTheyCameIn() =>
        Gen.Select(Gen.Int[0, 3], Gen.Long[0, 3], Gen.Long[0, 3], Gen.Bool).Array[0, 12].SelectMany(pods => Gen.Shuffle(pods.Select((_, at) => at).ToArray()).Select(order => (pods, order))).Sample((pods, order) =>
        {
            var all = pods.Select((pod, at) => Pod($"p{at}", pod.Item4 ? pod.Item2 : null, pod.Item3, pod.Item1)).ToList();

            var ranked = EvictionRanking.Rank(all, EvictionSignal.MemoryAvailable, hasImageFs: false);

            ranked.Select(pod => pod.Pod.Metadata.Name).ShouldBe(Ranked([.. order.Select(at => all[at])], EvictionSignal.MemoryAvailable));
            ranked.ShouldBe(all, ignoreOrder: true);
            foreach (var (earlier, later) in ranked.Zip(ranked.Skip(1)))
            {
                var (first, second) = (Key(earlier), Key(later));
                (first.Unknown, first.Exceeds).CompareTo((second.Unknown, second.Exceeds)).ShouldBeGreaterThanOrEqualTo(0);
                if ((first.Unknown, first.Exceeds) == (second.Unknown, second.Exceeds) && !first.Unknown)
                {
                    earlier.Pod.Spec.Priority!.Value.ShouldBeLessThanOrEqualTo(later.Pod.Spec.Priority!.Value);
                    if (earlier.Pod.Spec.Priority == later.Pod.Spec.Priority)
                        first.Excess.ShouldBeGreaterThanOrEqualTo(second.Excess);
                }
            }

            static (bool Unknown, bool Exceeds, long Excess) Key(MeasuredPod pod)
            {
                var excess = (pod.Usage?.MemoryBytes ?? 0) - PodRequests.Compute(pod.Pod.Spec).MemoryBytes;
                return (pod.Usage is null, pod.Usage is not null && excess > 0, excess);
            }
        });

    private static IEnumerable<string> Ranked(IReadOnlyList<MeasuredPod> pods, EvictionSignal signal) =>
        EvictionRanking.Rank(pods, signal, hasImageFs: false).Select(pod => pod.Pod.Metadata.Name);

    internal static MeasuredPod Pod(
        string name, long? memory = null, long request = 0, int priority = 0, long root = 0, long logs = 0, long? processes = null)
    {
        var pod = TestPods.Shell(name, "");
        pod.Metadata.Uid = name;
        pod.Spec.Priority = priority;
        if (request > 0)
            pod.Spec.Containers[0].Resources = new V1ResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["memory"] = new($"{request}Mi") } };
        if (memory is null && processes is null)
            return new MeasuredPod(pod, null);
        var share = new ContainerShare((memory ?? 0) * Mebi, new ContainerStorage(new StorageUsage(root * Mebi, root), new StorageUsage(logs * Mebi, logs)));
        return new MeasuredPod(pod, new PodUsage { Containers = new Dictionary<string, ContainerShare> { ["main"] = share }, Processes = processes ?? 0 });
    }
}
