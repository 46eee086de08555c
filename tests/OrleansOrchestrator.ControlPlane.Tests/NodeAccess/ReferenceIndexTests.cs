using System.Diagnostics;
using System.Text;
using CsCheck;
using OrleansOrchestrator.ControlPlane.NodeAccess;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.NodeAccess;

public sealed class ReferenceIndexTests
{
    private static readonly ResourceDefinition Pods = BuiltInKinds.Registry[WellKnownResources.Pods];

    private sealed record Pod(int Number, int Node, int[] Secrets, bool IsMirror, bool IsGone);

    [Fact]
    public void Index_AfterAnyChanges_KnowsExactlyTheReferencesOfPodsThatAreThere() =>
        Gen.Select(Gen.Int[0, 4], Gen.Int[-1, 2], Gen.Int[0, 3].Array[0, 3], Gen.Bool, Gen.Bool, (number, node, secrets, mirror, gone) => new Pod(number, node, secrets, mirror && gone, gone))
            .Array[1, 40].Sample(changes =>
            {
                ICacheIndex index = new ReferenceIndex();
                var present = new Dictionary<int, Pod>();
                foreach (var pod in changes)
                {
                    index.Replace(KeyOf(pod), pod.IsGone ? null : Stored(pod));
                    if (pod.IsGone)
                        present.Remove(pod.Number);
                    else
                        present[pod.Number] = pod;
                    Check((ReferenceIndex)index, present.Values);
                }

                index.Reset(present.Values.Select(Stored));
                Check((ReferenceIndex)index, present.Values);
            });

    [Fact]
    public void Mirror_OfANodesOwnPod_RefersToNothing()
    {
        ICacheIndex index = new ReferenceIndex();
        var pod = new Pod(1, 1, [1], IsMirror: true, IsGone: false);
        index.Replace(KeyOf(pod), Stored(pod));

        Check((ReferenceIndex)index, []);
    }

    /// <summary>The bound is far above what was measured (1.7 µs beside a busy test run), and far below what a scan of the pods takes.</summary>
    [Fact]
    public void Decision_AmongFiftyThousandPods_CostsNoScan()
    {
        ICacheIndex index = new ReferenceIndex();
        index.Reset(Enumerable.Range(0, 50_000).Select(i => Stored(new Pod(i, i % 5_000, [i, i % 100], IsMirror: false, IsGone: false))));
        var known = (ReferenceIndex)index;
        const int Questions = 100_000;
        for (var round = 0; ; round++)
        {
            var clock = Stopwatch.StartNew();
            for (var i = 0; i < Questions; i++)
                known.IsReferredTo(SecretOf(i % 50_000), $"node-{i % 5_000}").ShouldBeOneOf(true);
            var each = clock.Elapsed / Questions;
            TestContext.Current.TestOutputHelper?.WriteLine($"{each.TotalMicroseconds:0.000} µs");
            if (each < TimeSpan.FromMicroseconds(20))
                return;
            round.ShouldBeLessThan(5, "a decision costs too much");
        }
    }

    private static void Check(ReferenceIndex index, IReadOnlyCollection<Pod> present)
    {
        for (var node = 0; node <= 2; node++)
        {
            for (var secret = 0; secret <= 3; secret++)
            {
                var expected = present.Any(pod => pod.Node == node && pod.Secrets.Contains(secret));
                index.IsReferredTo(SecretOf(secret), $"node-{node}").ShouldBe(expected, $"node {node}, secret {secret}");
            }
        }
    }

    private static Referent SecretOf(int number) => new(RelatedKind.Secret, new ObjectKey("default", $"s-{number}"));

    private static ObjectKey KeyOf(Pod pod) => new("default", $"p-{pod.Number}");

    private static StoredObject Stored(Pod pod)
    {
        var node = pod.Node < 0 ? "" : $"\"nodeName\":\"node-{pod.Node}\",";
        var annotations = pod.IsMirror ? ",\"annotations\":{\"kubernetes.io/config.mirror\":\"x\"}" : "";
        var secrets = string.Join(',', pod.Secrets.Select(secret => $"{{\"name\":\"s-{secret}\"}}"));
        return StoredObject.Read(Pods, Encoding.UTF8.GetBytes(
            $"{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p-{pod.Number}\",\"namespace\":\"default\",\"uid\":\"u-{pod.Number}\",\"resourceVersion\":\"1\"{annotations}}},\"spec\":{{{node}\"imagePullSecrets\":[{secrets}],\"containers\":[]}}}}"));
    }
}
