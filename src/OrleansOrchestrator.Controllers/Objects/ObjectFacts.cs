using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>What reconcilers read from the metadata of any object.</summary>
internal static class ObjectFacts
{
    extension(KubeObject obj)
    {
        /// <summary>The object's key within its resource.</summary>
        public ObjectKey Key => ObjectKey.Of(obj);

        /// <summary>Whether the object has a deletionTimestamp.</summary>
        public bool IsDeleting => obj.Metadata.DeletionTimestamp is not null;

        /// <summary>The reference to the owner that controls the object; null if none does.</summary>
        public V1OwnerReference? Controller =>
            obj.Metadata.OwnerReferences?.FirstOrDefault(reference => reference.Controller is true);

        /// <summary>Whether the object has a finalizer.</summary>
        public bool HasFinalizer(string finalizer) => obj.Metadata.Finalizers?.Contains(finalizer) is true;
    }

    /// <summary>A deep copy of an object of any kind, by its run-time type.</summary>
    public static KubeObject CopyOf(KubeObject obj)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), ObjectCodec.Options);
        return (KubeObject)JsonSerializer.Deserialize(json, obj.GetType(), ObjectCodec.Options)!;
    }

    /// <summary>Whether two values would be stored as the same JSON.</summary>
    public static bool SameJson<T>(T left, T right) => ObjectCodec.Encode(left).AsSpan().SequenceEqual(ObjectCodec.Encode(right));

    /// <summary>Whether two statuses mean the same: an absent count and a count of zero are equal.</summary>
    public static bool SameStatus<T>(T left, T right) => SameJson(left, right) || SemanticEquality.Equal(WithoutZeros(left), WithoutZeros(right));

    private static JsonElement WithoutZeros<T>(T status)
    {
        var counts = JsonSerializer.SerializeToNode(status, ObjectCodec.Options) as JsonObject ?? [];
        foreach (var (name, value) in counts.ToList())
        {
            if (value?.GetValueKind() == JsonValueKind.Number && value.GetValue<long>() == 0)
                counts.Remove(name);
        }

        return JsonSerializer.SerializeToElement(counts);
    }
}
