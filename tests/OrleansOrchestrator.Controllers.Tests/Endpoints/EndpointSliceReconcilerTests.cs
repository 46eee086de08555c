using CsCheck;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Endpoints;

public sealed class EndpointSliceReconcilerTests
{
    private static readonly ObjectKey Web = new(Samples.Namespace, "web");
    private static readonly EndpointSliceReconciler Reconciler = new();

    [Fact]
    public void Reconcile_ServiceWithoutPods_HasOneEmptySlice()
    {
        var cluster = Cluster();

        cluster.Settle(Reconciler, Web).ShouldBe(1);

        var slice = cluster.All<V1EndpointSlice>().ShouldHaveSingleItem();
        slice.AddressType.ShouldBe("IPv4");
        slice.Endpoints.ShouldBeEmpty();
        slice.Ports.ShouldBeEmpty();
        slice.Metadata.OwnerReferences.ShouldHaveSingleItem().Kind.ShouldBe("Service");
        slice.Metadata.Labels.ShouldBe(
            new Dictionary<string, string>
            {
                ["team"] = "a",
                ["kubernetes.io/service-name"] = "web",
                ["endpointslice.kubernetes.io/managed-by"] = "endpointslice-controller.k8s.io",
            },
            ignoreOrder: true);
    }

    [Fact]
    public void Reconcile_PodsInAnyState_AreShownWithTheirConditions()
    {
        var cluster = Cluster();
        cluster.Add(Samples.Pod("ready", ip: "10.0.0.1", node: "n1", ready: true));
        cluster.Add(Samples.Pod("unready", ip: "10.0.0.2"));
        cluster.Add(Samples.Pod("ending", ip: "10.0.0.3", ready: true)).Metadata.DeletionTimestamp = ClusterModel.Start.UtcDateTime;
        cluster.Add(Samples.Pod("ended", ip: "10.0.0.4", phase: "Succeeded"));
        cluster.Add(Samples.Pod("no-address-yet"));

        cluster.Settle(Reconciler, Web);

        var slice = cluster.All<V1EndpointSlice>().ShouldHaveSingleItem();
        slice.Endpoints.Select(one => (one.TargetRef.Name, one.Addresses[0], one.Conditions.Ready, one.Conditions.Serving, one.Conditions.Terminating))
            .ShouldBe([("ready", "10.0.0.1", true, true, false), ("unready", "10.0.0.2", false, false, false), ("ending", "10.0.0.3", false, true, true)]);
        slice.Endpoints[0].NodeName.ShouldBe("n1");
        slice.Ports.ShouldHaveSingleItem().Port.ShouldBe(8080);
    }

    [Fact]
    public void Reconcile_ServiceThatWantsItsPodsEarly_CallsThemReady()
    {
        var cluster = Cluster();
        cluster.Find<V1Service>(Web)!.Spec.PublishNotReadyAddresses = true;
        cluster.Add(Samples.Pod("unready", ip: "10.0.0.2"));

        cluster.Settle(Reconciler, Web);

        cluster.All<V1EndpointSlice>().Single().Endpoints.Single().Conditions.Ready.ShouldBe(true);
    }

    [Fact]
    public void Reconcile_PodsOfAHeadlessServiceWithNames_KeepTheirHostNames()
    {
        var cluster = Cluster();
        cluster.Find<V1Service>(Web)!.Spec.ClusterIP = "None";
        var pod = cluster.Add(Samples.Pod("p", ip: "10.0.0.1", ready: true));
        (pod.Spec.Hostname, pod.Spec.Subdomain) = ("web-0", "web");

        cluster.Settle(Reconciler, Web);

        var slice = cluster.All<V1EndpointSlice>().Single();
        slice.Endpoints.Single().Hostname.ShouldBe("web-0");
        slice.Metadata.Labels.ShouldContainKey("service.kubernetes.io/headless");
    }

    [Fact]
    public void Reconcile_LastPodGone_EmptiesTheSliceThatIsThere()
    {
        var cluster = Cluster();
        var pod = cluster.Add(Samples.Pod("p", ip: "10.0.0.1", ready: true));
        cluster.Settle(Reconciler, Web);
        var name = cluster.All<V1EndpointSlice>().Single().Metadata.Name;

        cluster.Remove(pod);
        cluster.Settle(Reconciler, Web);

        var slice = cluster.All<V1EndpointSlice>().ShouldHaveSingleItem();
        slice.Metadata.Name.ShouldBe(name);
        slice.Endpoints.ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_OnePodMore_ChangesOneSliceOnly()
    {
        var cluster = Cluster();
        for (var i = 0; i < 250; i++)
            cluster.Add(Samples.Pod($"p{i:D3}", ip: $"10.0.1.{i}", ready: true));
        cluster.Settle(Reconciler, Web);
        cluster.All<V1EndpointSlice>().Select(slice => slice.Endpoints.Count).Order().ShouldBe([50, 100, 100]);

        cluster.Add(Samples.Pod("first", ip: "10.0.0.1", ready: true));

        cluster.Step(Reconciler, Web).Actions.ShouldHaveSingleItem().ShouldBeOfType<UpdateObject>();
    }

    [Fact]
    public void Reconcile_ServiceThatLosesItsSelector_LosesItsSlices()
    {
        var cluster = Cluster();
        cluster.Add(Samples.Pod("p", ip: "10.0.0.1", ready: true));
        cluster.Settle(Reconciler, Web);

        cluster.Find<V1Service>(Web)!.Spec.Selector = null;
        cluster.Settle(Reconciler, Web);

        cluster.All<V1EndpointSlice>().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("web", "somebody")]
    [InlineData("other", "endpointslice-controller.k8s.io")]
    [InlineData(null, null)]
    public void Reconcile_SliceThatTheServiceOwnsAndSomebodyElseManages_IsLeftAlone(string? service, string? manager)
    {
        var cluster = Cluster();
        cluster.Settle(Reconciler, Web);
        var foreign = ObjectCodec.Clone(cluster.All<V1EndpointSlice>().Single());
        foreign.Metadata.Name = "theirs";
        foreign.Metadata.Labels = new[] { ("kubernetes.io/service-name", service), ("endpointslice.kubernetes.io/managed-by", manager) }
            .Where(label => label.Item2 is not null).ToDictionary(label => label.Item1, label => label.Item2!);
        foreign.Endpoints = [new V1Endpoint { Addresses = ["10.9.9.9"] }];
        cluster.Add(foreign);
        cluster.Add(Samples.Pod("p", ip: "10.0.0.1", ready: true));
        cluster.Settle(Reconciler, Web);
        cluster.Find<V1Service>(Web)!.Spec.Selector = null;
        cluster.Settle(Reconciler, Web);

        ObjectFacts.SameJson(cluster.All<V1EndpointSlice>().ShouldHaveSingleItem(), foreign).ShouldBeTrue();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reconcile_SliceThatLostItsPlace_HasASuccessorOrIsTakenBack(bool isDeleting)
    {
        var cluster = Cluster();
        cluster.Add(Samples.Pod("p", ip: "10.0.0.1", ready: true));
        cluster.Settle(Reconciler, Web);
        var slice = cluster.All<V1EndpointSlice>().Single();
        if (isDeleting)
            (slice.Metadata.DeletionTimestamp, slice.Metadata.Finalizers) = (ClusterModel.Start.UtcDateTime, ["example.com/hold"]);
        else
            slice.Metadata.OwnerReferences = null;
        cluster.Add(Samples.Pod("q", ip: "10.0.0.2", ready: true));

        cluster.Settle(Reconciler, Web);

        var live = cluster.All<V1EndpointSlice>().Where(one => one.Metadata.DeletionTimestamp is null).ShouldHaveSingleItem();
        live.Endpoints.Count.ShouldBe(2);
        live.Metadata.OwnerReferences.ShouldHaveSingleItem().Kind.ShouldBe("Service");
        (live.Metadata.Name == slice.Metadata.Name).ShouldBe(!isDeleting);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("PreferClose", true)]
    public void Reconcile_PodsOnNodesOfAZone_TellTheZoneAndKeepToItWhereTheServiceWantsThat(string? distribution, bool isHinted)
    {
        var cluster = Cluster();
        cluster.Find<V1Service>(Web)!.Spec.TrafficDistribution = distribution;
        cluster.Add(NodeIn("n1", "west"));
        cluster.Add(NodeIn("n2", null));
        cluster.Add(Samples.Pod("a", ip: "10.0.0.1", node: "n1", ready: true));
        cluster.Add(Samples.Pod("b", ip: "10.0.0.2", node: "n2", ready: true));
        cluster.Add(Samples.Pod("c", ip: "10.0.0.3", node: "n1"));

        cluster.Settle(Reconciler, Web);

        cluster.All<V1EndpointSlice>().Single().Endpoints.Select(one => (one.TargetRef.Name, (string?)one.Zone, one.Hints?.ForZones.Single().Name))
            .ShouldBe([("a", "west", isHinted ? "west" : null), ("b", null, null), ("c", "west", null)]);
    }

    [Fact]
    public void Node_ThatMovesToAnotherZone_ConcernsTheServicesOfItsPodsOnly()
    {
        var cluster = Cluster();
        cluster.Add(Samples.Pod("p", ip: "10.0.0.1", node: "n1", ready: true));
        var nodes = Reconciler.Relations.Single(relation => relation.Watched.Contains(WellKnownResources.Nodes));
        IReadOnlySet<ObjectKey> Concerned(V1Node? before, V1Node? now) => cluster.FindPrimaries(
            nodes, WellKnownResources.Services, new(now is null ? null : ClusterModel.StoredOf(now), before is null ? null : ClusterModel.StoredOf(before)));

        Concerned(NodeIn("n1", "west"), NodeIn("n1", "east")).ShouldBe([Web]);
        Concerned(null, NodeIn("n1", "east")).ShouldBe([Web]);
        Concerned(NodeIn("n1", "east"), null).ShouldBe([Web]);
        Concerned(NodeIn("n1", "east"), NodeIn("n1", "east")).ShouldBeEmpty();
        Concerned(NodeIn("n2", "west"), NodeIn("n2", "east")).ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_AnyChanges_ShowsEachPodOnceAndComesToRest() =>
        Gen.Select(Gen.Int[0, 350], Gen.Bool).List[1, 4].Sample(rounds =>
        {
            var cluster = Cluster();
            foreach (var (count, isReady) in rounds)
            {
                foreach (var pod in cluster.All<V1Pod>())
                    cluster.Remove(pod);
                for (var i = 0; i < count; i++)
                    cluster.Add(Samples.Pod($"p{i}", ip: $"10.{i / 250}.0.{i % 250}", ready: isReady));
                cluster.Settle(Reconciler, Web);

                var slices = cluster.All<V1EndpointSlice>();
                slices.SelectMany(slice => slice.Endpoints).Select(endpoint => endpoint.TargetRef.Name)
                    .ShouldBe(cluster.All<V1Pod>().Select(pod => pod.Metadata.Name), ignoreOrder: true);
                slices.ShouldAllBe(slice => slice.Endpoints.Count <= EndpointSliceReconciler.EndpointsMax);
                slices.Count.ShouldBeGreaterThan(0);
            }
        }, iter: 20);

    private static V1Node NodeIn(string name, string? zone) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = zone is null ? null : new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = zone } },
    };

    private static ClusterModel Cluster()
    {
        var cluster = new ClusterModel();
        cluster.Add(Samples.Service("web", Samples.Port(80, "http")));
        return cluster;
    }
}
