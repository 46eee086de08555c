using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>The scale subresource of a custom resource: its definition names the paths of replicas and selector.</summary>
internal static class CustomScale
{
    /// <summary>The access to the scale; null if there is none.</summary>
    public static ScaleAccess? Of(V1CustomResourceSubresourceScale? scale)
    {
        if (scale is null)
            return null;
        var spec = SegmentsOf(scale.SpecReplicasPath);
        var status = SegmentsOf(scale.StatusReplicasPath);
        var selector = SegmentsOf(scale.LabelSelectorPath ?? "");
        return new ScaleAccess(
            obj => ReplicasAt(obj, spec),
            (obj, replicas) => Set(((CustomObject)obj).Content, spec, replicas),
            obj => ReplicasAt(obj, status),
            obj => Find(((CustomObject)obj).Content, selector) is JsonValue value && value.TryGetValue<string>(out var text) ? text : "");
    }

    /// <summary>Validates an object's replicas.</summary>
    public static void Validate(V1CustomResourceSubresourceScale? scale, JsonObject content, FieldErrors errors)
    {
        if (scale is null)
            return;
        ValidateReplicas(scale.SpecReplicasPath, content, errors);
        ValidateStatus(scale, content, errors);
    }

    /// <summary>Validates the replicas in an object's status.</summary>
    public static void ValidateStatus(V1CustomResourceSubresourceScale? scale, JsonObject content, FieldErrors errors)
    {
        if (scale is not null)
            ValidateReplicas(scale.StatusReplicasPath, content, errors);
    }

    private static void ValidateReplicas(string path, JsonObject content, FieldErrors errors)
    {
        if (Find(content, SegmentsOf(path)) is not JsonValue value)
            return;
        if (!value.TryGetValue<long>(out var replicas))
            errors.Invalid(FieldPath.Root(path), value, "should be an integer");
        else if (replicas < 0)
            errors.Invalid(FieldPath.Root(path), replicas, "should be a non-negative integer");
        else if (replicas > int.MaxValue)
            errors.Invalid(FieldPath.Root(path), replicas, "should be less than or equal to 2147483647");
    }

    private static string[] SegmentsOf(string path) => path.Split('.', StringSplitOptions.RemoveEmptyEntries);

    private static int ReplicasAt(KubeObject obj, string[] path) =>
        Find(((CustomObject)obj).Content, path) is JsonValue value && value.TryGetValue<long>(out var replicas) ? (int)replicas : 0;

    private static JsonNode? Find(JsonNode? node, string[] path)
    {
        if (path.Length == 0)
            return null;
        foreach (var segment in path)
            node = node is JsonObject obj ? obj[segment] : null;
        return node;
    }

    private static void Set(JsonObject node, string[] path, int value)
    {
        foreach (var segment in path[..^1])
        {
            if (node[segment] is not JsonObject child)
                node[segment] = child = [];
            node = child;
        }

        node[path[^1]] = (long)value;
    }
}
