using System.Text.Json;
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

    /// <summary>A count as Kubernetes writes those that it leaves out if they are zero.</summary>
    public static int? OmitZero(int count) => count == 0 ? null : count;

    /// <summary>Whether two values would be stored as the same JSON.</summary>
    public static bool SameJson<T>(T left, T right) => ObjectCodec.Encode(left).AsSpan().SequenceEqual(ObjectCodec.Encode(right));
}
