using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Warnings;

/// <summary>
/// What whoever creates or changes an object is told about it although it is accepted: fields that do nothing any more, values that hide
/// each other, and kinds on which nothing acts yet. The one table of all kinds' warnings.
/// </summary>
/// <remarks>See GetWarningsFor… in k8s.io/kubernetes/pkg/api and WarningsOnCreate in its pkg/registry; texts and order are the same.</remarks>
public static class ObjectWarnings
{
    private static readonly FieldPath SpecTemplate = FieldPath.Spec.Child("template");

    private static readonly FrozenDictionary<Type, Action<KubeObject, KubeObject?, List<string>>> Table = new Dictionary<Type, Action<KubeObject, KubeObject?, List<string>>>
    {
        [typeof(V1Pod)] = Of<V1Pod>((pod, old, warnings) =>
        {
            // Pods are changed by machines, too often to look at all of them each time.
            if (old is not null)
                return;
            Name(pod.Metadata, "the Pod's hostname", warnings);
            PodWarnings.Add(pod.Spec, pod.Metadata, null, warnings);
        }),
        [typeof(V1ReplicationController)] = OfTemplate<V1ReplicationController>(rc => rc.Spec?.Template, FieldPath.Root("template"), isNamed: true),
        [typeof(V1ReplicaSet)] = OfTemplate<V1ReplicaSet>(set => set.Spec?.Template, SpecTemplate, isNamed: true),
        [typeof(V1Deployment)] = OfTemplate<V1Deployment>(deployment => deployment.Spec?.Template, SpecTemplate, isNamed: true),
        [typeof(V1DaemonSet)] = OfTemplate<V1DaemonSet>(set => set.Spec?.Template, SpecTemplate),
        [typeof(V1StatefulSet)] = Of<V1StatefulSet>((set, old, warnings) =>
        {
            OfTemplate<V1StatefulSet>(one => one.Spec?.Template, SpecTemplate)(set, old, warnings);
            for (var i = 0; i < (set.Spec?.VolumeClaimTemplates).OrNone().Count; i++)
                VolumeWarnings.AddClaim(set.Spec!.VolumeClaimTemplates[i].Spec, FieldPath.Spec.Child("volumeClaimTemplates").Index(i).Child("spec"), warnings);
        }),
        [typeof(V1Job)] = OfTemplate<V1Job>(job => job.Spec?.Template, SpecTemplate, isNamed: true),
        [typeof(V1CronJob)] = OfTemplate<V1CronJob>(job => job.Spec?.JobTemplate?.Spec?.Template, FieldPath.Spec.Child("jobTemplate.spec.template"), isNamed: true),
        [typeof(V1PodTemplate)] = OfTemplate<V1PodTemplate>(template => template.Template, FieldPath.Root("template")),
        [typeof(V1Service)] = Of<V1Service>((service, _, warnings) => NetworkWarnings.AddService(service, warnings)),
        [typeof(V1Endpoints)] = Of<V1Endpoints>((endpoints, _, warnings) => NetworkWarnings.AddEndpoints(endpoints, warnings)),
        [typeof(V1EndpointSlice)] = Of<V1EndpointSlice>((slice, _, warnings) => NetworkWarnings.AddSlice(slice, warnings)),
        [typeof(V1Ingress)] = Of<V1Ingress>((ingress, _, warnings) =>
        {
            if (ingress.Metadata.Annotations?.ContainsKey("kubernetes.io/ingress.class") is true)
                warnings.Add("annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead");
        }),
        [typeof(V1NetworkPolicy)] = Of<V1NetworkPolicy>((policy, _, warnings) => NetworkWarnings.AddPolicy(policy, warnings)),
        [typeof(V1Node)] = Of<V1Node>((node, _, warnings) =>
        {
            if (node.Spec?.ConfigSource is not null)
                warnings.Add("spec.configSource: the feature is no longer available");
            if (!string.IsNullOrEmpty(node.Spec?.ExternalID))
                warnings.Add("spec.externalID: this field is deprecated, and is unused by Kubernetes");
        }),
        [typeof(V1PersistentVolume)] = Of<V1PersistentVolume>((volume, _, warnings) => VolumeWarnings.Add(volume, warnings)),
        [typeof(V1PersistentVolumeClaim)] = Of<V1PersistentVolumeClaim>((claim, _, warnings) => VolumeWarnings.Add(claim, warnings)),
        [typeof(V1StorageClass)] = Of<V1StorageClass>((storage, _, warnings) => VolumeWarnings.Add(storage, warnings)),
        [typeof(V1CSIStorageCapacity)] = Of<V1CSIStorageCapacity>((capacity, _, warnings) =>
            NodeLabelWarnings.Add(capacity.NodeTopology, FieldPath.Root("nodeTopology"), warnings)),
        [typeof(V1RuntimeClass)] = Of<V1RuntimeClass>((runtime, _, warnings) =>
        {
            foreach (var key in (runtime.Scheduling?.NodeSelector).OrNone().Keys)
                NodeLabelWarnings.Add(key, "scheduling.nodeSelector", warnings);
        }),
        [typeof(V1ServiceAccount)] = Of<V1ServiceAccount>((account, _, warnings) =>
        {
            if (account.Metadata.Annotations?.ContainsKey("kubernetes.io/enforce-mountable-secrets") is true)
                warnings.Add("metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets");
        }),
    }.ToFrozenDictionary();

    /// <summary>The warnings about an object that is accepted.</summary>
    /// <param name="definition">Its kind.</param>
    /// <param name="obj">The object as it will be, defaults included.</param>
    /// <param name="current">The object as it is; null for a new one.</param>
    public static IReadOnlyList<string> Of(ResourceDefinition definition, KubeObject obj, KubeObject? current)
    {
        var warnings = new List<string>();
        if (current is null && !definition.IsActedOn)
            warnings.Add($"{definition.ApiVersion} {definition.Kind} is kept and checked, but nothing in this cluster acts on it yet");
        if (definition.TakesAnyFinalizer)
            warnings.AddRange(ObjectMetaValidation.FinalizerWarnings(obj.Metadata, current?.Metadata));
        if (Table.TryGetValue(definition.ModelType, out var add))
            add(obj, current, warnings);
        return warnings;
    }

    private static Action<KubeObject, KubeObject?, List<string>> Of<T>(Action<T, T?, List<string>> add)
        where T : class, KubeObject =>
        (obj, current, warnings) => add((T)obj, (T?)current, warnings);

    /// <summary>The warnings of a kind that makes pods: of the template, whenever what is wanted changes.</summary>
    private static Action<KubeObject, KubeObject?, List<string>> OfTemplate<T>(Func<T, V1PodTemplateSpec?> templateOf, FieldPath path, bool isNamed = false)
        where T : class, KubeObject =>
        (obj, current, warnings) =>
        {
            if (isNamed && current is null)
                Name(obj.Metadata, "Pod names and hostnames", warnings);
            var template = templateOf((T)obj);
            if (template is null || (current is not null && obj.Metadata.Generation == current.Metadata.Generation))
                return;
            PodWarnings.Add(template.Spec, template.Metadata, path, warnings);
        };

    private static void Name(V1ObjectMeta metadata, string use, List<string> warnings)
    {
        if (NameRules.IsDns1123Label(metadata.Name ?? "") is { Count: > 0 } faults)
            warnings.Add($"metadata.name: this is used in {use}, which can result in surprising behavior; a DNS label is recommended: [{string.Join(' ', faults)}]");
    }
}
