using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Node.GarbageCollection;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.GarbageCollection;

public sealed class ContainerGarbageTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Find_WithoutALimit_TakesNone() => ContainerGarbage.Find([Pod("a", true, 5)], -1, TimeSpan.Zero, Now).ShouldBeEmpty();

    [Fact]
    public void Find_BeyondTheLimit_TakesFromThoseWithManyTheOldestFirst() =>
        ContainerGarbage.Find([Pod("a", true, 4), Pod("b", true, 1)], 3, TimeSpan.Zero, Now).ShouldBe(["a.0", "a.1"]);

    [Fact]
    public void Find_YoungOnes_StayForTheirTime() => ContainerGarbage.Find([Pod("a", true, 4)], 0, TimeSpan.FromMinutes(3), Now).ShouldBe(["a.0", "a.1"]);

    [Fact]
    public void Find_OfAPodThatGoesOn_KeepsTheNewest() => ContainerGarbage.Find([Pod("a", false, 3)], 0, TimeSpan.Zero, Now).ShouldBe(["a.0", "a.1"]);

    [Fact]
    public void Find_AnyPods_TakesNoMoreThanTheLimitAsksForAndNothingThatIsNeeded() =>
        Gen.Select(Gen.Bool, Gen.Int[0, 5]).Array[0, 8].Select(Gen.Int[0, 20]).Sample((pods, most) =>
        {
            var all = pods.Select((pod, at) => Pod($"p{at}", pod.Item1, pod.Item2)).ToList();
            var needed = all.Where(pod => pod.Pod.Status.Phase == "Running" && pod.Sandbox.Containers.Count > 0).Select(pod => pod.Sandbox.Containers.MaxBy(container => container.Attempt)!.Id).ToList();
            var ended = all.Sum(pod => pod.Sandbox.Containers.Count);

            var garbage = ContainerGarbage.Find(all, most, TimeSpan.Zero, Now);

            garbage.ShouldBeUnique();
            garbage.Intersect(needed).ShouldBeEmpty();
            garbage.Count.ShouldBe(Math.Min(Math.Max(0, ended - most), ended - needed.Count));
        });

    private static (V1Pod Pod, PodSandbox Sandbox) Pod(string name, bool hasEnded, int containers)
    {
        var pod = TestPods.Shell(name, "");
        pod.Status.Phase = hasEnded ? "Failed" : "Running";
        return (pod, new PodSandbox
        {
            Id = name,
            PodUid = name,
            PodName = name,
            PodNamespace = "default",
            Containers =
            [
                .. Enumerable.Range(0, containers).Select(attempt => new ContainerInstance
                {
                    Id = $"{name}.{attempt}",
                    Name = "main",
                    Attempt = attempt,
                    Phase = ContainerPhase.Exited,
                    CreatedAt = Now.AddMinutes(attempt - containers),
                }),
            ],
        });
    }
}
