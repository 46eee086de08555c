using k8s.Models;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Pods;

/// <summary>Makes the pods of one owner from one template. Encodes the template once; each pod gets its own copy.</summary>
/// <param name="owner">The controlling owner. The pods are in its namespace.</param>
/// <param name="template">The template of the pods.</param>
internal sealed class PodFromTemplate(KubeObject owner, V1PodTemplateSpec template)
{
    /// <summary>How many bytes the pods of one plan may have together, as JSON. A plan may always create one pod.</summary>
    public const int BurstBytesMax = 8 * 1024 * 1024;

    private readonly V1OwnerReference _reference = OwnerReferences.ControlledBy(owner);
    private readonly byte[] _spec = ObjectCodec.Encode(template.Spec);

    /// <summary>The size of a pod in bytes, as JSON, without the fields that the API adds.</summary>
    public int Bytes => _spec.Length + (template.Metadata is { } metadata ? ObjectCodec.Encode(metadata).Length : 0);

    /// <summary>Makes a pod.</summary>
    /// <param name="name">The pod's name; null to have the API generate one from the owner's.</param>
    public V1Pod Create(string? name = null) => new()
    {
        ApiVersion = V1Pod.KubeApiVersion,
        Kind = V1Pod.KubeKind,
        Metadata = new V1ObjectMeta
        {
            NamespaceProperty = owner.Metadata.NamespaceProperty,
            Name = name,
            GenerateName = owner.Metadata.Name + "-",
            Labels = template.Metadata?.Labels is { } labels ? new Dictionary<string, string>(labels) : null,
            Annotations = template.Metadata?.Annotations is { } annotations ? new Dictionary<string, string>(annotations) : null,
            Finalizers = template.Metadata?.Finalizers is { } finalizers ? [.. finalizers] : null,
            OwnerReferences = [ObjectCodec.Clone(_reference)],
        },
        Spec = ObjectCodec.Decode<V1PodSpec>(_spec),
    };
}
