using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Pods;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>A pod that the node found by itself.</summary>
/// <param name="Origin">Where it was found: the path of a file, or a URL.</param>
/// <param name="Pod">The pod, with everything that the node adds to it.</param>
internal sealed record StaticPod(string Origin, V1Pod Pod)
{
    [JsonIgnore]
    public string Uid => Pod.Metadata.Uid;

    /// <summary>Namespace and name, by which people and the API know it.</summary>
    [JsonIgnore]
    public PodKey Key => PodKey.Of(Pod);

    /// <summary>Whether another pod says the same, whenever each was found. Only a pod that names its uid can change and keep it.</summary>
    public bool IsLike(StaticPod other) => ObjectCodec.Encode(Content()).AsSpan().SequenceEqual(ObjectCodec.Encode(other.Content()));

    private V1Pod Content()
    {
        var copy = ObjectCodec.Clone(Pod);
        copy.Status = null;
        copy.Metadata.Annotations.Remove(StaticPods.SeenAnnotation);
        return copy;
    }
}

/// <summary>The namespace and the name of a pod.</summary>
internal readonly record struct PodKey(string Namespace, string Name)
{
    public static PodKey Of(V1Pod pod) => new(pod.Metadata.NamespaceProperty, pod.Metadata.Name);

    public override string ToString() => $"{Namespace}/{Name}";
}
