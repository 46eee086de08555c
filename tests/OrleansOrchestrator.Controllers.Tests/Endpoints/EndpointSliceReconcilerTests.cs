using OrleansOrchestrator.Controllers.Endpoints;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Endpoints;

public sealed class EndpointSliceReconcilerTests
{
    private static readonly ResourceName Slices = new("endpointslices", "discovery.k8s.io");
    private static readonly EndpointSliceReconciler Reconciler = new();

    [Fact]
    public void Reconcile_ReadyAndUnreadyAddresses_ShowsBothWithTheirReadiness()
    {
        var slice = Create(Reconcile(Endpoints(ready: ["10.0.0.1", "10.0.0.2"], unready: ["10.0.0.3"]))).ShouldHaveSingleItem();

        slice.AddressType.ShouldBe("IPv4");
        slice.Endpoints.Select(endpoint => (endpoint.Addresses[0], endpoint.Conditions.Ready))
            .ShouldBe([("10.0.0.1", true), ("10.0.0.2", true), ("10.0.0.3", false)]);
        slice.Ports.ShouldHaveSingleItem().Port.ShouldBe(8080);
        slice.Metadata.Labels["kubernetes.io/service-name"].ShouldBe("web");
        slice.Metadata.OwnerReferences.ShouldHaveSingleItem().Uid.ShouldBe("endpoints-uid");
    }

    [Fact]
    public void Reconcile_SlicesAsWanted_PlansNothing()
    {
        var endpoints = Endpoints(ready: ["10.0.0.1"], unready: []);
        var slices = Create(Reconcile(endpoints));

        Reconcile(endpoints, slices).Actions.ShouldBeEmpty();
    }

    [Fact]
    public void Reconcile_AddressGone_UpdatesTheSameSlice()
    {
        var slices = Create(Reconcile(Endpoints(ready: ["10.0.0.1", "10.0.0.2"], unready: [])));

        var action = Reconcile(Endpoints(ready: ["10.0.0.2"], unready: []), slices).Actions.ShouldHaveSingleItem();

        var updated = (V1EndpointSlice)action.ShouldBeOfType<UpdateObject>().Object;
        updated.Metadata.Name.ShouldBe(slices[0].Metadata.Name);
        updated.Endpoints.ShouldHaveSingleItem().Addresses.ShouldBe(["10.0.0.2"]);
    }

    [Fact]
    public void Reconcile_MoreAddressesThanASliceHolds_MakesSeveralAndDropsThemAgain()
    {
        var many = Enumerable.Range(0, 1500).Select(i => $"10.0.{i / 250}.{(i % 250) + 1}").ToList();
        var slices = Create(Reconcile(Endpoints(many, unready: [])));
        slices.Select(slice => slice.Endpoints.Count).ShouldBe([1000, 500]);

        var actions = Reconcile(Endpoints(ready: [], unready: []), slices).Actions;

        actions.Count.ShouldBe(2);
        actions.ShouldAllBe(action => action is DeleteObject);
    }

    [Fact]
    public void Reconcile_SliceOfSomebodyElse_IsLeftAlone()
    {
        var foreign = new V1EndpointSlice
        {
            Metadata = new V1ObjectMeta { Name = "theirs", NamespaceProperty = "default", Uid = "x" },
            AddressType = "IPv4",
        };

        Reconcile(Endpoints(ready: [], unready: []), [foreign]).Actions.ShouldBeEmpty();
    }

    private static Plan Reconcile(V1Endpoints endpoints, IReadOnlyList<V1EndpointSlice>? slices = null) => Reconciler.Reconcile(new Observation(
        new ObjectKey("default", "web"),
        endpoints,
        new Dictionary<ResourceName, IReadOnlyList<KubeObject>> { [Slices] = [.. slices ?? []] },
        DateTimeOffset.UnixEpoch));

    private static List<V1EndpointSlice> Create(Plan plan) =>
        [.. plan.Actions.Select(action => (V1EndpointSlice)action.ShouldBeOfType<CreateObject>().Object)];

    private static V1Endpoints Endpoints(IEnumerable<string> ready, IEnumerable<string> unready)
    {
        var subset = new V1EndpointSubset
        {
            Addresses = [.. ready.Select(ip => new V1EndpointAddress { Ip = ip })],
            NotReadyAddresses = [.. unready.Select(ip => new V1EndpointAddress { Ip = ip })],
            Ports = [new Corev1EndpointPort { Port = 8080, Protocol = "TCP" }],
        };
        return new V1Endpoints
        {
            Metadata = new V1ObjectMeta { Name = "web", NamespaceProperty = "default", Uid = "endpoints-uid" },
            Subsets = subset.Addresses.Count + subset.NotReadyAddresses.Count > 0 ? [subset] : null,
        };
    }
}
