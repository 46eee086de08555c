using System.Collections.Frozen;
using k8s.Models;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// Server-side apply's rules for the built-in kinds, beyond the merge keys of strategic merge patches. Lists without an entry are
/// atomic; maps and objects are not.
/// </summary>
/// <remarks>From <c>x-kubernetes-list-type</c>, <c>x-kubernetes-list-map-keys</c> and <c>x-kubernetes-map-type</c> of the
/// Kubernetes API reference (v1.33).</remarks>
internal static class ModelFieldRules
{
    private static readonly ListKey Protocol = new("protocol", "\"TCP\"");

    private static readonly FrozenDictionary<(Type, string), Func<FieldSchema, FieldSchema>> Fields =
        Entries().ToFrozenDictionary(entry => (entry.Type, entry.Field), entry => entry.Rule);

    /// <summary>Object types that are owned as a whole, wherever they occur.</summary>
    private static readonly FrozenSet<Type> AtomicTypes = new[]
    {
        typeof(V1LabelSelector), typeof(V1NodeSelector), typeof(V1NodeSelectorTerm), typeof(V1TopologySelectorTerm),
        typeof(V1ScopeSelector), typeof(V1ScopedResourceSelectorRequirement),
        typeof(V1OwnerReference), typeof(V1ObjectReference), typeof(V1LocalObjectReference), typeof(V1TypedLocalObjectReference),
        typeof(V1SecretReference), typeof(V1SecretKeySelector), typeof(V1ConfigMapKeySelector), typeof(V1ObjectFieldSelector),
        typeof(V1ResourceFieldSelector), typeof(V1FileKeySelector),
        typeof(V1EndpointAddress), typeof(Corev1EndpointPort), typeof(Discoveryv1EndpointPort), typeof(V1ServiceBackendPort),
        typeof(V1RoleRef), typeof(Rbacv1Subject),
        typeof(V1CrossVersionObjectReference), typeof(V2CrossVersionObjectReference),
        typeof(V1ParamRef), typeof(V1ParamKind), typeof(V1MatchResources), typeof(V1NamedRuleWithOperations), typeof(V1ExpressionWarning),
    }.ToFrozenSet();

    /// <summary>Object fields that Kubernetes' own types contain by value.</summary>
    private static readonly FrozenSet<string> AlwaysThere = FrozenSet.Create(
        StringComparer.Ordinal, "metadata", "spec", "status", "template", "strategy", "updateStrategy", "jobTemplate", "resources");

    /// <summary>How a field deviates from its type, as a function of the schema of the value or, for a list, of its elements.</summary>
    public static Func<FieldSchema, FieldSchema>? Find(Type type, string field) => Fields.GetValueOrDefault((type, field));

    /// <summary>Whether objects of a type are owned as a whole.</summary>
    public static bool IsAtomic(Type type) => AtomicTypes.Contains(type);

    /// <summary>The meaning of an absent field.</summary>
    public static FieldAbsence AbsenceOf(Type type, string field)
    {
        if (field == "containers" && type == typeof(V1PodSpec))
            return FieldAbsence.Null;
        // A ReplicationController has a pointer to its template, others contain it.
        return AlwaysThere.Contains(field) && type != typeof(V1ReplicationControllerSpec) ? FieldAbsence.EmptyObject : FieldAbsence.Absent;
    }

    /// <summary>All entries, for the test that each names an existing field.</summary>
    public static IEnumerable<(Type Type, string Field, Func<FieldSchema, FieldSchema> Rule)> Entries() =>
    [
        Keyed<V1Container>("ports", new ListKey("containerPort"), Protocol),
        Keyed<V1EphemeralContainer>("ports", new ListKey("containerPort"), Protocol),
        Keyed<V1ServiceSpec>("ports", new ListKey("port"), Protocol),
        Keyed<V1PodSpec>("topologySpreadConstraints", new ListKey("topologyKey"), new ListKey("whenUnsatisfiable")),
        Keyed<V1ResourceRequirements>("claims", new ListKey("name")),
        // Kubernetes declares the name of these items as optional, so that its absence is a key too.
        Keyed<V1PodSpec>("imagePullSecrets", new ListKey("name", "\"\"")),
        Keyed<V1CustomResourceDefinitionStatus>("conditions", new ListKey("type")),
        Keyed<V1CertificateSigningRequestStatus>("conditions", new ListKey("type")),
        Keyed<V1ResourceStatus>("resources", new ListKey("resourceID")),
        Keyed<V1JSONSchemaProps>("x-kubernetes-validations", new ListKey("rule")),
        Set<V1Endpoint>("addresses"),
        Set<V1UncountedTerminatedPods>("failed"),
        Set<V1UncountedTerminatedPods>("succeeded"),
        Set<V1PodFailurePolicyOnExitCodesRequirement>("values"),
        Set<V1CSIDriverSpec>("volumeLifecycleModes"),
        Set<V1ResourcePolicyRule>("apiGroups"),
        Set<V1ResourcePolicyRule>("namespaces"),
        Set<V1ResourcePolicyRule>("resources"),
        Set<V1ResourcePolicyRule>("verbs"),
        Set<V1NonResourcePolicyRule>("nonResourceURLs"),
        Set<V1NonResourcePolicyRule>("verbs"),

        Atomic<V1PodStatus>("hostIPs"),
        Atomic<V1JobStatus>("conditions"),
        Atomic<V1PodSpec>("nodeSelector"),
        Atomic<V1Scheduling>("nodeSelector"),
        Atomic<V1ServiceSpec>("selector"),
        Atomic<V1ReplicationControllerSpec>("selector"),
        Granular<V1PersistentVolumeSpec>("claimRef"),
    ];

    private static (Type Type, string Field, Func<FieldSchema, FieldSchema> Rule) Keyed<T>(string field, params ListKey[] keys) =>
        (typeof(T), field, element => FieldSchema.ListBy(element, keys));

    private static (Type Type, string Field, Func<FieldSchema, FieldSchema> Rule) Set<T>(string field) =>
        (typeof(T), field, _ => FieldSchema.Set);

    private static (Type Type, string Field, Func<FieldSchema, FieldSchema> Rule) Atomic<T>(string field) =>
        (typeof(T), field, _ => FieldSchema.Leaf);

    private static (Type Type, string Field, Func<FieldSchema, FieldSchema> Rule) Granular<T>(string field) =>
        (typeof(T), field, value => value);
}
