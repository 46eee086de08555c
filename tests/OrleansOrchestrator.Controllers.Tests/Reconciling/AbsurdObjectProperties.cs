using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.Controllers.Certificates;
using OrleansOrchestrator.Controllers.GarbageCollection;
using OrleansOrchestrator.Controllers.Ingresses;
using OrleansOrchestrator.Controllers.Namespaces;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Relations;
using OrleansOrchestrator.Controllers.Tests.NodeLifecycle;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing.Absurd;

namespace OrleansOrchestrator.Controllers.Tests.Reconciling;

/// <summary>An object that is absurd in one field keeps no plain object beside it from being handled, and is handled itself.</summary>
public sealed class AbsurdObjectProperties
{
    private static readonly Dictionary<Type, object> Arguments = new()
    {
        [typeof(RootCertificate)] = new RootCertificate("certificate"),
        [typeof(ClusterSigner)] = new ClusterSigner(_ => []),
        [typeof(AutoscalerOptions)] = new AutoscalerOptions(),
        [typeof(RequesterAccess)] = new RequesterAccess((_, _) => true),
        [typeof(IngressHostSharing)] = new IngressHostSharing(false),
        [typeof(NodeAddressingOptions)] = new NodeAddressingOptions { ClusterCidr = "10.244.0.0/16" },
    };

    private static readonly IReconciler[] Reconcilers =
    [
        .. typeof(IReconciler).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IReconciler)) && type is { IsClass: true, IsAbstract: false })
            .Select(type => (IReconciler)Activator.CreateInstance(
                type, [.. type.GetConstructors()[0].GetParameters().Select(parameter => Arguments[parameter.ParameterType])])!),
    ];

    public static TheoryData<string> Names => [.. Reconcilers.Select(reconciler => reconciler.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Primary_AbsurdInOneField_IsReconciled(string name)
    {
        var reconciler = Reconcilers.Single(reconciler => reconciler.Name == name);
        if (!PlainObjects.Resources.Contains(reconciler.Primary))
            return;
        PlainObjects.Survey(reconciler.Primary, absurd =>
        {
            foreach (var relation in reconciler.Relations)
                relation.SelectorOf(absurd.Object)?.Matches(new Dictionary<string, string> { ["app"] = "web" });
            reconciler.Reconcile(Observe(reconciler, absurd.Object, []));
        }).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Dependent_AbsurdInOneField_KeepsNoPlainPrimaryFromBeingReconciled(string name)
    {
        var reconciler = Reconcilers.Single(reconciler => reconciler.Name == name);
        if (!PlainObjects.Resources.Contains(reconciler.Primary))
            return;
        var primary = PlainObjects.Of(reconciler.Primary);
        var failures = reconciler.Relations.SelectMany(relation => relation.Watched).Where(PlainObjects.Resources.Contains).Distinct()
            .SelectMany(resource => PlainObjects.Survey(resource, absurd => reconciler.Reconcile(Observe(reconciler, primary, [absurd]))));

        failures.ShouldBeEmpty();
    }

    [Fact]
    public void Pod_AbsurdInOneField_KeepsNoPlainPodFromTheEndpoints()
    {
        var reconciler = Reconcilers.Single(reconciler => reconciler.Name == "endpoint-controller");
        var service = PlainObjects.Of(reconciler.Primary);

        PlainObjects.Survey(WellKnownResources.Pods, absurd =>
        {
            var plain = (V1Pod)PlainObjects.Of(WellKnownResources.Pods);
            (plain.Metadata.Name, plain.Metadata.Uid, plain.Status.PodIP) = ("plain", "u-plain", "10.0.0.77");
            plain.Status.PodIPs[0].Ip = "10.0.0.77";
            var pods = reconciler.Relations.Single(relation => relation is SelectedByLabels);
            var plan = reconciler.Reconcile(new Observation(
                service.Key, service, new Dictionary<Relation, IReadOnlyList<RelatedObject>> { [pods] = Related(WellKnownResources.Pods, absurd.Object, plain) }, ClusterModel.Start));
            var endpoints = plan.Actions.OfType<CreateObject>().Select(create => create.Object).OfType<V1Endpoints>().Single();
            endpoints.Subsets.SelectMany(subset => subset.Addresses ?? []).Select(address => address.Ip).ShouldContain("10.0.0.77");
        }).ShouldBeEmpty();
    }

    [Fact]
    public void Node_AbsurdInOneField_KeepsNoPodOfADeadNodeFromBeingMoved() => PlainObjects.Survey(WellKnownResources.Nodes, absurd =>
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("alive");
        model.AddNode("absurd", change: node => (node.Metadata, node.Spec, node.Status) = Parts(ObjectCodec.Clone((V1Node)absurd.Object)));
        model.AddPod("plain", "dead");
        model.Run(60, "alive");

        model.Evictions.Select(eviction => eviction.Pod).ShouldContain("plain");
    }).ShouldBeEmpty();

    [Fact]
    public void Pod_AbsurdInOneField_KeepsNoPlainPodOfItsNodeFromBeingMoved() => PlainObjects.Survey(WellKnownResources.Pods, absurd =>
    {
        var model = new NodeModel();
        model.AddNode("dead");
        model.AddNode("alive");
        model.AddPod("plain", "dead");
        var pod = ObjectCodec.Clone((V1Pod)absurd.Object);
        pod.Spec.NodeName = "dead";
        model.Cluster.Add(pod);
        model.Run(20, "alive");

        model.Evictions.Select(eviction => eviction.Pod).ShouldContain("plain");
    }).ShouldBeEmpty();

    [Fact]
    public void Object_AbsurdInOneField_IsJudgedByTheGarbageCollector() => PlainObjects.Resources
        .SelectMany(resource => PlainObjects.Survey(resource, absurd =>
        {
            var subject = new CollectedObject(resource, absurd.Object);
            GarbageCollector.DecideOwner(subject, []);
            if (absurd.Object.Metadata.OwnerReferences is { Count: > 0 })
                GarbageCollector.DecideDependent(subject, _ => OwnerState.Absent, () => []);
        }))
        .ShouldBeEmpty();

    private static (V1ObjectMeta, V1NodeSpec, V1NodeStatus) Parts(V1Node node)
    {
        node.Metadata.Uid = null;
        return (node.Metadata, node.Spec, node.Status);
    }

    private static Observation Observe(IReconciler reconciler, KubeObject primary, IReadOnlyList<AbsurdObject> absurd)
    {
        var related = new Dictionary<Relation, IReadOnlyList<RelatedObject>>();
        foreach (var relation in reconciler.Relations)
        {
            related[relation] = [.. relation.Watched.Where(PlainObjects.Resources.Contains).SelectMany(resource => Related(
                resource, [.. absurd.Where(one => one.Definition.Name == resource).Select(one => one.Object), PlainObjects.Of(resource)]))];
        }

        return new Observation(primary.Key, primary, related, ClusterModel.Start);
    }

    private static IReadOnlyList<RelatedObject> Related(ResourceName resource, params KubeObject[] objects) =>
        [.. objects.Select(obj => new RelatedObject(resource, obj))];
}
