using CsCheck;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Controllers.Tests.NodeLifecycle;

public sealed class NodeLifecycleProperties
{
    private static readonly Gen<NodeLifecycleOptions> Options =
        Gen.Select(Gen.Int[2, 10], Gen.Int[0, 6], Gen.Int[1, 9], Gen.Int[0, 4])
            .Where((lease, toleration, fencing, stop) => fencing + stop < lease + toleration)
            .Select((lease, toleration, fencing, stop) => new NodeLifecycleOptions
            {
                Times = new FencingTimes
                {
                    LeaseDuration = TimeSpan.FromSeconds(lease),
                    DefaultToleration = TimeSpan.FromSeconds(toleration),
                    FencingTime = TimeSpan.FromSeconds(fencing),
                    StopTime = TimeSpan.FromSeconds(stop),
                },
            });

    /// <summary>
    /// For each half second, which of three nodes renew their leases, as bits. Nodes live and fall silent for a while: with
    /// a new choice at every moment hardly any would be silent for long enough.
    /// </summary>
    private static readonly Gen<int[]> Renewals = Gen.Select(Gen.Int[0, 7], Gen.Int[1, 50])
        .Array[1, 8]
        .Select(spans => spans.SelectMany(span => Enumerable.Repeat(span.Item1, span.Item2)).ToArray());

    private static readonly Gen<int?[]> Tolerations = Any.Of<int?>(null, 0, 3, 5, 20).Array[3];

    [Fact]
    public void Decide_AnyRenewals_ForcesNoPodOutThatItsDaemonMayStillRun() =>
        Gen.Select(Options, Renewals, Tolerations).Sample((options, renewals, tolerations) =>
        {
            var model = new NodeModel { Options = options };
            var lastRenewal = new double[3];
            for (var i = 0; i < 3; i++)
            {
                model.AddNode($"node-{i}");
                model.AddPod($"pod-{i}", $"node-{i}", tolerations[i]);
            }

            foreach (var renewing in renewals)
            {
                model.Seconds += 0.5;
                for (var i = 0; i < 3; i++)
                {
                    if ((renewing & (1 << i)) == 0)
                        continue;
                    lastRenewal[i] = model.Seconds;
                    model.Report($"node-{i}");
                }

                var before = model.Evictions.Count;
                model.Settle();
                foreach (var (name, isForced, seconds) in model.Evictions.Skip(before))
                {
                    var i = name[^1] - '0';
                    var silence = seconds - lastRenewal[i];
                    isForced.ShouldBeTrue();
                    silence.ShouldBeGreaterThanOrEqualTo((options.Times.FencingTime + options.Times.StopTime).TotalSeconds);
                    silence.ShouldBeGreaterThanOrEqualTo(options.Times.LeaseDuration.TotalSeconds + (tolerations[i] ?? 0));
                }
            }
        }, iter: 200);

    [Fact]
    public void Decide_ShuffledLists_PlansTheSame() =>
        Gen.Select(Renewals, Tolerations, Gen.Int).Sample((renewals, tolerations, seed) =>
        {
            var model = new NodeModel();
            for (var i = 0; i < 3; i++)
            {
                model.AddNode($"node-{i}");
                model.AddPod($"pod-{i}", $"node-{i}", tolerations[i]);
                model.AddPod($"more-{i}", $"node-{i}", tolerations[2 - i]);
            }

            foreach (var renewing in renewals)
            {
                model.Seconds += 0.5;
                for (var i = 0; i < 3; i++)
                {
                    if ((renewing & (1 << i)) != 0)
                        model.Heartbeat($"node-{i}");
                }

                var input = model.Input();
                var random = new Random(seed);
                var shuffled = input with
                {
                    Nodes = [.. input.Nodes.OrderBy(_ => random.Next())],
                    PodsOn = name => [.. input.PodsOn(name).OrderBy(_ => random.Next())],
                };
                var plan = NodeLifecyclePlanner.Decide(input);
                var other = NodeLifecyclePlanner.Decide(shuffled);
                PlanText.Of(other.Actions).ShouldBe(PlanText.Of(plan.Actions));
                other.RequeueAfter.ShouldBe(plan.RequeueAfter);
                model.Settle();
            }
        }, iter: 50);
}
