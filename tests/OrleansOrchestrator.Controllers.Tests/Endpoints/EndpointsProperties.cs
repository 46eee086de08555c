using CsCheck;
using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Endpoints;

public sealed class EndpointsProperties
{
    private static readonly ObjectKey Key = new(Samples.Namespace, "web");
    private static readonly EndpointsReconciler Reconciler = new();

    private static readonly Gen<V1Pod[]> Pods = Gen.Select(
            Any.Of("web", "web", "other"),
            Any.Of("Pending", "Running", "Running", "Failed"),
            Any.Of<string?>(null, "", "address", "address", "address"),
            Gen.Bool,
            Any.Rarely(5),
            Gen.Select(Any.Of<int?>(null, 8080, 9090), Any.Of<int?>(null, 8443)))
        .Array[0, 10]
        .Select(shapes => shapes.Select((shape, i) => NewPod(i, shape.Item1, shape.Item2, shape.Item3, shape.Item4, shape.Item5, shape.Item6)).ToArray());

    private static readonly Gen<V1ServicePort[]> Ports = Any.Of(
            Samples.Port(80, "http", "web"), Samples.Port(443, "https", "tls"), Samples.Port(81, "8080", "fixed"), Samples.Port(82, null, "same"))
        .Array[1, 4]
        .Select(ports => ports.DistinctBy(port => port.Name).ToArray());

    [Fact]
    public void Settle_AnyPods_GivesTheAddressesThatANaiveReadingGives() =>
        Gen.Select(Pods, Ports, Gen.Bool).Sample((pods, ports, early) =>
        {
            var cluster = ClusterOf(pods, ports, early);

            cluster.Settle(Reconciler, Key);

            var flat = (cluster.Find<V1Endpoints>(Key).ShouldNotBeNull().Subsets ?? []).SelectMany(Flatten).ToList();
            flat.ShouldBeUnique();
            flat.ShouldBe(Oracle(pods, ports, early), ignoreOrder: true);
        });

    [Fact]
    public void Settle_AnyPods_GivesEachSubsetItsOwnAddresses() =>
        Gen.Select(Pods, Ports, Gen.Bool).Sample((pods, ports, early) =>
        {
            var cluster = ClusterOf(pods, ports, early);

            cluster.Settle(Reconciler, Key);

            // Ports that the same addresses serve stand together, so no two subsets have the same ones.
            (cluster.Find<V1Endpoints>(Key)!.Subsets ?? [])
                .Select(subset => string.Join(',', Flatten(subset).Select(item => (item.Ip, item.IsReady)).Distinct()))
                .ShouldBeUnique();
        });

    [Fact]
    public void Reconcile_ShuffledPods_PlansTheSame() =>
        Gen.Select(Pods, Ports, Gen.Bool, Gen.Int).Sample((pods, ports, early, seed) =>
        {
            var cluster = ClusterOf(pods, ports, early);
            var seen = cluster.Observe(Reconciler, Key);
            var shuffled = Reconciler.Relations.ToDictionary(relation => relation, relation =>
            {
                var related = seen.Related(relation).ToArray();
                new Random(seed).Shuffle(related);
                return (IReadOnlyList<RelatedObject>)related;
            });
            var other = new Observation(Key, seen.Primary, shuffled, seen.Now);

            PlanText.Of(Reconciler.Reconcile(other)).ShouldBe(PlanText.Of(Reconciler.Reconcile(seen)));
        });

    private static IEnumerable<(string Port, int Number, string Ip, bool IsReady)> Flatten(V1EndpointSubset subset) =>
        from port in subset.Ports
        from address in (subset.Addresses ?? []).Select(address => (address.Ip, IsReady: true))
            .Concat((subset.NotReadyAddresses ?? []).Select(address => (address.Ip, IsReady: false)))
        select (port.Name, port.Port, address.Ip, address.IsReady);

    private static List<(string Port, int Number, string Ip, bool IsReady)> Oracle(V1Pod[] pods, V1ServicePort[] ports, bool early)
    {
        var expected = new List<(string, int, string, bool)>();
        foreach (var pod in pods)
        {
            if (pod.Metadata.Labels["app"] != "web" || string.IsNullOrEmpty(pod.Status.PodIP) || pod.Status.Phase == "Failed")
                continue;
            if (pod.Metadata.DeletionTimestamp is not null && !early)
                continue;
            var isReady = early || pod.Status.Conditions[0].Status == "True";
            foreach (var port in ports)
            {
                int? number = port.Name switch
                {
                    "fixed" => 8080,
                    "same" => 82,
                    "web" => pod.Spec.Containers[0].Ports.FirstOrDefault(candidate => candidate.Name == "http")?.ContainerPort,
                    _ => pod.Spec.Containers[0].Ports.FirstOrDefault(candidate => candidate.Name == "https")?.ContainerPort,
                };
                if (number is { } found)
                    expected.Add((port.Name, found, pod.Status.PodIP, isReady));
            }
        }

        return expected;
    }

    private static ClusterModel ClusterOf(V1Pod[] pods, V1ServicePort[] ports, bool early)
    {
        var cluster = new ClusterModel();
        var service = Samples.Service("web", ports);
        service.Spec.PublishNotReadyAddresses = early;
        cluster.Add(service);
        foreach (var pod in pods)
            cluster.Add(pod);
        return cluster;
    }

    private static V1Pod NewPod(int i, string app, string phase, string? ip, bool ready, bool deleting, (int? Http, int? Https) ports)
    {
        var pod = Samples.Pod($"pod-{i:D2}", app, "node", ip is "address" ? $"10.0.0.{i}" : ip, ready, phase);
        pod.Spec.Containers[0].Ports = [];
        if (ports.Http is { } http)
            pod.Spec.Containers[0].Ports.Add(new V1ContainerPort { Name = "http", ContainerPort = http, Protocol = "TCP" });
        if (ports.Https is { } https)
            pod.Spec.Containers[0].Ports.Add(new V1ContainerPort { Name = "https", ContainerPort = https, Protocol = "TCP" });
        if (deleting)
            pod.Metadata.DeletionTimestamp = ClusterModel.Start.UtcDateTime;
        return pod;
    }
}
