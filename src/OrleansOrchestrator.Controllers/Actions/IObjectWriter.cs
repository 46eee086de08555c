using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Actions;

/// <summary>
/// Writes for actions. The control plane's writer takes the path of users' writes: the same defaulting, admission and validation,
/// under the controller's identity. Every method throws <see cref="Model.Errors.ApiException"/> if the write is refused.
/// </summary>
public interface IObjectWriter
{
    /// <summary>Creates an object.</summary>
    Task<WrittenObject> CreateAsync(ResourceName resource, KubeObject obj);

    /// <summary>Replaces an object or a subresource.</summary>
    Task<WrittenObject> UpdateAsync(ResourceName resource, string subresource, KubeObject obj);

    /// <summary>Patches an object or a subresource.</summary>
    Task<WrittenObject> PatchAsync(ResourceName resource, ObjectKey key, string subresource, PatchFormat format, ReadOnlyMemory<byte> patch);

    /// <summary>Deletes an object.</summary>
    /// <returns>The object's last state, or its state with a deletionTimestamp; null if the object is gone already or has another uid.</returns>
    Task<WrittenObject?> DeleteAsync(DeleteObject deletion);

    /// <summary>Binds a pod to a node.</summary>
    Task<WrittenObject> BindAsync(ObjectKey pod, string uid, string nodeName);

    /// <summary>Evicts a pod if its disruption budget allows it.</summary>
    /// <returns>Null if the pod is gone already or has another uid.</returns>
    Task<WrittenObject?> EvictAsync(ObjectKey pod, string uid, long? gracePeriodSeconds);

    /// <summary>Sets the wanted replicas of an object.</summary>
    Task<WrittenObject> ScaleAsync(ScaleObject scaling);
}

/// <summary>The formats of patches.</summary>
public enum PatchFormat
{
    /// <summary>RFC 7386: fields that the patch does not name stay as they are. Lists are replaced as a whole.</summary>
    Merge,

    /// <summary>Kubernetes' merge patch, which merges lists by their keys. For built-in kinds only.</summary>
    StrategicMerge,

    /// <summary>Server-side apply: the controller owns the fields that the patch gives, and takes them from others.</summary>
    Apply,
}
