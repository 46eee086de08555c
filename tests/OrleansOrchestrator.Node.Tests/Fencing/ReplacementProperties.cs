using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>Invariant I7 across the rings: what the daemon and the node controller read from one pod and one set of times.</summary>
public sealed class ReplacementProperties
{
    private static readonly DateTimeOffset Heard = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<V1Toleration> AnyToleration = Gen.Select(
        One<string?>(null, "", TaintKeys.Unreachable, TaintKeys.NotReady, "other"),
        One<string?>(null, "", "Equal", "Exists", "Unknown"),
        One<string?>(null, "", "value"),
        One<string?>(null, "", "NoExecute", "NoSchedule", "PreferNoSchedule"),
        Gen.OneOf(One<long?>(null, long.MinValue, -1, 0, long.MaxValue), Gen.Long[0, 100_000].Select(seconds => (long?)seconds)),
        (key, op, value, effect, seconds) => new V1Toleration { Key = key, OperatorProperty = op, Value = value, Effect = effect, TolerationSeconds = seconds });

    private static readonly Gen<FencingTimes> AnyTimes = Gen.Select(
        Gen.Double[0.5, 2000], Gen.Double[0, 2000], Gen.Double[0.1, 2000], Gen.Double[0, 100],
        (lease, toleration, fencing, stop) => new FencingTimes
        {
            LeaseDuration = TimeSpan.FromSeconds(lease),
            DefaultToleration = TimeSpan.FromSeconds(toleration),
            FencingTime = TimeSpan.FromSeconds(fencing),
            StopTime = TimeSpan.FromSeconds(stop),
        });

    [Fact]
    public void AnyPod_UnderAnyTimesThatStart_HasStoppedBeforeItIsReplaced() =>
        Gen.Select(AnyToleration.List[0, 4], AnyTimes, Gen.Double[-1, 1]).Sample((tolerations, times, drift) =>
        {
            if (!BothSidesStart(times))
                return;
            var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "a" }, Spec = new V1PodSpec { Tolerations = tolerations } };
            DefaultTolerations.Apply(pod.Spec, (long)times.DefaultToleration.TotalSeconds);

            if (times.StopAfter(pod) is not { } stopAfter)
            {
                IsReplaced(pod, times, TimeSpan.FromDays(36_500)).ShouldBeFalse();
                return;
            }

            // The daemon's clock and the controller's run apart by as much as is allowed, in either direction.
            var stopped = (stopAfter + times.StopTime) * (1 + (drift * FencingTimes.ClockDrift));
            IsReplaced(pod, times, stopped).ShouldBeFalse();
            IsReplaced(pod, times, times.ReplaceAfter(pod)!.Value).ShouldBeTrue();
        }, iter: 20_000);

    [Fact]
    public void AnyTimes_OnBothSides_AreTakenByBothOrByNeither() => AnyTimes.Sample(times =>
    {
        var silo = new NodeLifecycleOptions { Times = times }.Faults();
        Daemon(times).ShouldBe(silo);
    });

    private static Gen<T> One<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static bool BothSidesStart(FencingTimes times) => new NodeLifecycleOptions { Times = times }.Faults().Count == 0 && Daemon(times).Count == 0;

    private static IReadOnlyList<string> Daemon(FencingTimes times) => NodeAgentOptionsValidator.Validate(
        new NodeAgentOptions { Name = "a", DataDirectory = "/tmp/a", LeaseRenewInterval = TimeSpan.FromMilliseconds(1), Times = times });

    /// <summary>Whether the controller replaces a pod of a node that has been silent for so long.</summary>
    private static bool IsReplaced(V1Pod pod, FencingTimes times, TimeSpan silence)
    {
        var now = Heard + silence;
        var silent = Node("silent", "Unknown");
        silent.Spec.Taints = [new V1Taint { Key = TaintKeys.Unreachable, Effect = TaintEffects.NoExecute, TimeAdded = Heard.UtcDateTime }];
        return NodeLifecyclePlanner.Decide(new NodeLifecycleInput
        {
            Now = now,
            SeenUntil = now,
            Memory = NodeLifecycleMemory.Empty,
            Nodes = [new ObservedNode(silent, Heard), new ObservedNode(Node("other", "True"), now)],
            PodsOn = name => name == "silent" ? [pod] : [],
            Options = new NodeLifecycleOptions { Times = times },
        }).Actions.Any(action => action is DeleteObject);
    }

    private static V1Node Node(string name, string ready) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1NodeSpec(),
        Status = new V1NodeStatus { Conditions = [new V1NodeCondition { Type = "Ready", Status = ready }] },
    };
}
