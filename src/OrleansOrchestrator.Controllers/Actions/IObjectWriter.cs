using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// The door that actions write through. The control plane's is the one that users' writes go through too, with the same
/// defaulting, admission and validation, under the controller's identity. Every method throws
/// <see cref="Model.Errors.ApiException"/> if the write is refused.
/// </summary>
public interface IObjectWriter
{
    /// <summary>Creates an object.</summary>
    Task<WrittenObject> CreateAsync(ResourceName resource, KubeObject obj);

    /// <summary>Replaces an object, or a part of it.</summary>
    Task<WrittenObject> UpdateAsync(ResourceName resource, string subresource, KubeObject obj);

    /// <summary>Patches an object, or a part of it.</summary>
    Task<WrittenObject> PatchAsync(ResourceName resource, ObjectKey key, string subresource, PatchFormat format, ReadOnlyMemory<byte> patch);

    /// <summary>Deletes an object.</summary>
    /// <returns>Its last state, or the one that is marked; null if it, or the one of that uid, is gone already.</returns>
    Task<WrittenObject?> DeleteAsync(DeleteObject deletion);

    /// <summary>Binds a pod to a node.</summary>
    Task<WrittenObject> BindAsync(ObjectKey pod, string uid, string nodeName);

    /// <summary>Deletes a pod as far as its disruption budget allows.</summary>
    /// <returns>Null if it, or the one of that uid, is gone already.</returns>
    Task<WrittenObject?> EvictAsync(ObjectKey pod, string uid, long? gracePeriodSeconds);

    /// <summary>Sets the wanted replicas of an object.</summary>
    Task<WrittenObject> ScaleAsync(ResourceName resource, ObjectKey key, string uid, int replicas);
}

/// <summary>The formats of patches.</summary>
public enum PatchFormat
{
    /// <summary>RFC 7386: what the patch does not name stays. Lists are replaced whole.</summary>
    Merge,

    /// <summary>Kubernetes' merge patch, which merges lists by their keys. For built-in kinds only.</summary>
    StrategicMerge,

    /// <summary>Server-side apply: the controller owns the fields that the patch gives, and takes them from others.</summary>
    Apply,
}
