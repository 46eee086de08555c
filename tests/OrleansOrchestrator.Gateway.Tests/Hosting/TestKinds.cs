using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Tests.Hosting;

/// <summary>The kinds that the tests serve.</summary>
internal static class TestKinds
{
    public static ResourceRegistry Registry { get; } = new(
        ResourceRegistry.BuiltIn.All.Concat(
            new ResourceDefinition[] { new PodKind(), new NodeKind(), new NamespaceKind(), new RcKind(), new LeaseKind(),
                new ServiceKind(), new EventKind() }
                .Where(kind => ResourceRegistry.BuiltIn.Find(kind.Name) is null)));

    private sealed class PodKind : ResourceDefinition<V1Pod>
    {
        public override string Kind => "Pod";
        public override string Plural => "pods";
        public override IReadOnlyList<string> ShortNames => ["po"];
        public override bool HasStatus => true;
        public override IReadOnlyList<SelectableField> SelectableFields => [new("spec.nodeName"), new("status.phase")];
        public override IReadOnlyList<SubresourceDefinition> Subresources =>
            [new("binding", "Binding", ["create"]), new("log", "Pod", ["get"])];
    }

    private sealed class NodeKind : ResourceDefinition<V1Node>
    {
        public override string Kind => "Node";
        public override string Plural => "nodes";
        public override bool Namespaced => false;
        public override bool HasStatus => true;
    }

    private sealed class NamespaceKind : ResourceDefinition<V1Namespace>
    {
        public override string Kind => "Namespace";
        public override string Plural => "namespaces";
        public override IReadOnlyList<string> ShortNames => ["ns"];
        public override bool Namespaced => false;
        public override bool HasStatus => true;
    }

    private sealed class ServiceKind : ResourceDefinition<V1Service>
    {
        public override string Kind => "Service";
        public override string Plural => "services";
    }

    private sealed class EventKind : ResourceDefinition<Corev1Event>
    {
        public override string Kind => "Event";
        public override string Plural => "events";
        public override IReadOnlyList<SelectableField> SelectableFields =>
            [new("involvedObject.name"), new("involvedObject.namespace"), new("involvedObject.kind"), new("involvedObject.uid")];
    }

    private sealed class LeaseKind : ResourceDefinition<V1Lease>
    {
        public override string Group => "coordination.k8s.io";
        public override string Kind => "Lease";
        public override string Plural => "leases";
    }

    private sealed class RcKind : ResourceDefinition<V1ReplicationController>
    {
        public override string Kind => "ReplicationController";
        public override string Plural => "replicationcontrollers";
        public override IReadOnlyList<string> ShortNames => ["rc"];
        public override bool HasStatus => true;
        public override ScaleAccess Scale => new(
            rc => ((V1ReplicationController)rc).Spec.Replicas ?? 1,
            (rc, replicas) => ((V1ReplicationController)rc).Spec.Replicas = replicas,
            rc => ((V1ReplicationController)rc).Status?.Replicas ?? 0,
            rc => string.Join(',', (((V1ReplicationController)rc).Spec.Selector ?? new Dictionary<string, string>()).Select(p => $"{p.Key}={p.Value}")));
    }
}
