using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Pods;

/// <summary>Makes pods of one owner from one template. The template is encoded only once; each pod is a copy of its own.</summary>
/// <param name="owner">The controlling owner, in whose namespace the pods are.</param>
/// <param name="template">What they look like.</param>
internal sealed class PodFromTemplate(KubeObject owner, V1PodTemplateSpec template)
{
    private readonly V1OwnerReference _reference = OwnerReferences.ControlledBy(owner);
    private readonly byte[] _spec = ObjectCodec.Encode(template.Spec);

    /// <summary>How many bytes a pod has, as JSON, without what the API adds.</summary>
    public int Bytes => _spec.Length + (template.Metadata is { } metadata ? ObjectCodec.Encode(metadata).Length : 0);

    /// <summary>Makes a pod.</summary>
    /// <param name="name">Its name; null for one that the API makes up from the owner's.</param>
    public V1Pod Create(string? name = null) => new()
    {
        ApiVersion = V1Pod.KubeApiVersion,
        Kind = V1Pod.KubeKind,
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = owner.Metadata.NamespaceProperty,
            Name = name,
            GenerateName = name is null ? owner.Metadata.Name + "-" : null,
            Labels = template.Metadata?.Labels is { } labels ? new Dictionary<string, string>(labels) : null,
            Annotations = template.Metadata?.Annotations is { } annotations ? new Dictionary<string, string>(annotations) : null,
            Finalizers = template.Metadata?.Finalizers is { } finalizers ? [.. finalizers] : null,
            OwnerReferences = [ObjectCodec.Clone(_reference)],
        },
        Spec = ObjectCodec.Decode<V1PodSpec>(_spec),
    };
}
