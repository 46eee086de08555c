using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>Reads the manifests of static pods as the kubelet does: names, uid, annotations, defaults, validation. Pure.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/kubelet/config.</remarks>
internal static partial class PodManifest
{
    // As the API's admission: a static pod has a priority even if nobody ever admits it.
    private static readonly Dictionary<string, int> SystemPriorities = new(StringComparer.Ordinal)
    {
        ["system-cluster-critical"] = 2_000_000_000,
        ["system-node-critical"] = 2_000_001_000,
    };

    /// <summary>Reads a manifest of one pod, in YAML or JSON.</summary>
    /// <param name="content">The manifest.</param>
    /// <param name="file">The path of its file.</param>
    /// <param name="nodeName">The node.</param>
    /// <exception cref="FormatException">It is no manifest of a valid pod; the message says why.</exception>
    public static StaticPod ReadFile(ReadOnlySpan<byte> content, string file, string nodeName) => ToPod(ParseOne(content), file, isFile: true, nodeName);

    /// <summary>Reads what a URL answered: a pod, or a list of pods.</summary>
    /// <param name="content">The answer.</param>
    /// <param name="url">The URL.</param>
    /// <param name="nodeName">The node.</param>
    /// <exception cref="FormatException">It has something else than valid pods; the message says why.</exception>
    public static IReadOnlyList<StaticPod> ReadUrl(ReadOnlySpan<byte> content, string url, string nodeName)
    {
        var document = ParseOne(content);
        if (document["kind"]?.ToString() != "PodList")
            return [ToPod(document, url, isFile: false, nodeName)];
        return [.. (document["items"] as JsonArray ?? []).OfType<JsonObject>().Select(item => ToPod(item.DeepClone().AsObject(), url, isFile: false, nodeName))];
    }

    private static JsonObject ParseOne(ReadOnlySpan<byte> content)
    {
        var documents = YamlConverter.ParseAll(content);
        return documents switch
        {
            [JsonObject one] => one,
            [] => throw new FormatException("it is empty"),
            [_] => throw new FormatException("it is no object"),
            _ => throw new FormatException($"it has {documents.Count} documents, and a manifest has one pod"),
        };
    }

    private static StaticPod ToPod(JsonObject document, string origin, bool isFile, string nodeName)
    {
        var kind = document["kind"]?.ToString() ?? "Pod";
        var version = document["apiVersion"]?.ToString() ?? "v1";
        if (kind != "Pod" || version != "v1")
            throw new FormatException($"invalid pod: it is a {kind} of {version}");
        var pod = Decode(document);
        if (string.IsNullOrEmpty(pod.Metadata?.Name))
            throw new FormatException("invalid pod: name is needed for the pod");
        var metadata = pod.Metadata;
        if (string.IsNullOrEmpty(metadata.Uid))
            metadata.Uid = HashOf(pod, origin, isFile, nodeName);
        else if (!Uid().IsMatch(metadata.Uid))
            throw new FormatException($"invalid pod: metadata.uid: \"{metadata.Uid}\" must consist of at most 63 letters, digits and '-'");
        if (pod.Spec is not null && ApiObjectReferences.Find(pod.Spec) is { } reference)
            throw new FormatException($"static pods may not reference {reference}");

        metadata.Name = $"{metadata.Name}-{nodeName.ToLowerInvariant()}";
        if (string.IsNullOrEmpty(metadata.NamespaceProperty))
            metadata.NamespaceProperty = "default";
        metadata.Annotations = new Dictionary<string, string>(metadata.Annotations ?? new Dictionary<string, string>())
        {
            [StaticPods.HashAnnotation] = metadata.Uid,
            [StaticPods.SourceAnnotation] = isFile ? "file" : "http",
        };
        metadata.Annotations.Remove(StaticPods.MirrorAnnotation);

        // What only the API gives to an object. A pod with owners or finalizers would outlive its manifest there.
        (metadata.ResourceVersion, metadata.CreationTimestamp, metadata.DeletionTimestamp, metadata.DeletionGracePeriodSeconds) = (null, null, null, null);
        (metadata.ManagedFields, metadata.OwnerReferences, metadata.Finalizers, metadata.GenerateName) = (null, null, null, null);
        if (pod.Spec is { } spec)
            Place(spec, nodeName);
        Complete(pod);
        return new StaticPod(origin, pod);
    }

    /// <summary>Binds the pod to this node, whatever its taints.</summary>
    private static void Place(V1PodSpec spec, string nodeName)
    {
        spec.NodeName = nodeName;
        if (spec.Tolerations?.Any(one => one is { OperatorProperty: "Exists", Effect: TaintEffects.NoExecute, TolerationSeconds: null } && string.IsNullOrEmpty(one.Key)) is not true)
            spec.Tolerations = [.. spec.Tolerations ?? [], new V1Toleration { OperatorProperty = "Exists", Effect = TaintEffects.NoExecute }];
        if (spec.PriorityClassName is { } name && SystemPriorities.TryGetValue(name, out var priority))
            spec.Priority ??= priority;
    }

    /// <summary>Does what the API does to a new pod, apart from admission.</summary>
    private static void Complete(V1Pod pod)
    {
        var definition = BuiltInKinds.Registry[WellKnownResources.Pods];
        definition.ApplyDefaults(pod);
        if (pod.Spec is { } spec)
            (spec.ServiceAccountName, spec.ServiceAccount) = (null, null);
        var errors = new FieldErrors();
        ObjectMetaValidation.Validate(definition, pod.Metadata, errors);
        definition.Validate(pod, errors);
        if (!errors.IsEmpty)
            throw new FormatException($"invalid pod: {string.Join(", ", errors.All)}");
        definition.PrepareForCreate(pod);
    }

    private static V1Pod Decode(JsonObject document)
    {
        try
        {
            return ObjectCodec.Decode<V1Pod>(JsonSerializer.SerializeToUtf8Bytes(document, ObjectCodec.Options));
        }
        catch (JsonException exception)
        {
            throw new FormatException($"invalid pod: {exception.Message}", exception);
        }
    }

    /// <summary>The uid of a pod that names none: a hash of what it says and of where it says so, so that a change makes another pod.</summary>
    private static string HashOf(V1Pod pod, string origin, bool isFile, string nodeName)
    {
        var place = isFile ? $"host:{nodeName}file:{origin}" : $"url:{origin}";
        return Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes(place), .. ObjectCodec.Encode(pod)]).AsSpan(0, 16));
    }

    [GeneratedRegex("^[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex Uid();
}
