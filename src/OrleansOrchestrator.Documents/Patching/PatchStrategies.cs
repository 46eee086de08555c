using System.Collections.Frozen;
using k8s.Models;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>
/// The patch strategies of the fields of built-in kinds. Lists without an entry are replaced, and objects without one are merged.
/// </summary>
/// <remarks>From the patchStrategy and patchMergeKey of the Kubernetes API reference (v1.33).</remarks>
public static class PatchStrategies
{
    private static readonly FrozenDictionary<(Type, string), PatchStrategy> Table = Entries().ToFrozenDictionary(
        entry => (entry.Type, entry.Field), entry => entry.Strategy);

    /// <summary>The strategy of a type's field.</summary>
    public static PatchStrategy Of(Type type, string field) => Table.GetValueOrDefault((type, field), PatchStrategy.Default);

    /// <summary>All entries, for the test that each names an existing field.</summary>
    internal static IEnumerable<(Type Type, string Field, PatchStrategy Strategy)> Entries() =>
    [
        ByKey<V1ObjectMeta>("ownerReferences", "uid"),
        Set<V1ObjectMeta>("finalizers"),

        ByKey<V1PodSpec>("containers", "name"),
        ByKey<V1PodSpec>("initContainers", "name"),
        ByKey<V1PodSpec>("ephemeralContainers", "name"),
        ByKey<V1PodSpec>("volumes", "name"),
        ByKey<V1PodSpec>("imagePullSecrets", "name"),
        ByKey<V1PodSpec>("hostAliases", "ip"),
        ByKey<V1PodSpec>("topologySpreadConstraints", "topologyKey"),
        ByKey<V1PodSpec>("schedulingGates", "name"),
        ByKey<V1PodSpec>("resourceClaims", "name"),
        ByKey<V1PodStatus>("conditions", "type"),
        ByKey<V1PodStatus>("podIPs", "ip"),
        ByKey<V1PodStatus>("hostIPs", "ip"),
        ByKey<V1PodStatus>("resourceClaimStatuses", "name"),
        ByKey<V1Container>("ports", "containerPort"),
        ByKey<V1Container>("env", "name"),
        ByKey<V1Container>("volumeMounts", "mountPath"),
        ByKey<V1Container>("volumeDevices", "devicePath"),
        ByKey<V1EphemeralContainer>("ports", "containerPort"),
        ByKey<V1EphemeralContainer>("env", "name"),
        ByKey<V1EphemeralContainer>("volumeMounts", "mountPath"),
        ByKey<V1EphemeralContainer>("volumeDevices", "devicePath"),
        ByKey<V1ContainerStatus>("volumeMounts", "mountPath"),
        ByKey<V1ContainerStatus>("allocatedResourcesStatus", "name"),

        ByKey<V1ServiceSpec>("ports", "port"),
        ByKey<V1ServiceStatus>("conditions", "type"),
        ByKey<V1ServiceAccount>("secrets", "name"),
        ByKey<V1NamespaceStatus>("conditions", "type"),
        Set<V1NodeSpec>("podCIDRs"),
        ByKey<V1NodeStatus>("conditions", "type"),
        ByKey<V1NodeStatus>("addresses", "type"),
        ByKey<V1ReplicationControllerStatus>("conditions", "type"),
        ByKey<V1PersistentVolumeClaimStatus>("conditions", "type"),
        ByKey<V1ComponentStatus>("conditions", "type"),

        ByKey<V1DeploymentStatus>("conditions", "type"),
        ByKey<V1ReplicaSetStatus>("conditions", "type"),
        ByKey<V1StatefulSetStatus>("conditions", "type"),
        ByKey<V1DaemonSetStatus>("conditions", "type"),
        ByKey<V1JobStatus>("conditions", "type"),
        ByKey<V2HorizontalPodAutoscalerStatus>("conditions", "type"),
        ByKey<V1PodDisruptionBudgetStatus>("conditions", "type"),
        (typeof(V1PodDisruptionBudgetSpec), "selector", PatchStrategy.Replace),

        ByKey<V1ServiceCIDRStatus>("conditions", "type"),
        ByKey<V1APIServiceStatus>("conditions", "type"),
        ByKey<V1FlowSchemaStatus>("conditions", "type"),
        ByKey<V1PriorityLevelConfigurationStatus>("conditions", "type"),
        ByKey<V1CSINodeSpec>("drivers", "name"),
        ByKey<V1MutatingWebhookConfiguration>("webhooks", "name"),
        ByKey<V1MutatingWebhook>("matchConditions", "name"),
        ByKey<V1ValidatingWebhookConfiguration>("webhooks", "name"),
        ByKey<V1ValidatingWebhook>("matchConditions", "name"),
        ByKey<V1ValidatingAdmissionPolicySpec>("matchConditions", "name"),
        ByKey<V1ValidatingAdmissionPolicySpec>("variables", "name"),
    ];

    private static (Type Type, string Field, PatchStrategy Strategy) ByKey<T>(string field, string key) => (typeof(T), field, PatchStrategy.MergeByKey(key));

    private static (Type Type, string Field, PatchStrategy Strategy) Set<T>(string field) => (typeof(T), field, PatchStrategy.MergeScalars);
}
