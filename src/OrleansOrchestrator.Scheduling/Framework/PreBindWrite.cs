using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Scheduling.Framework;

/// <summary>A write that must succeed before a pod is bound.</summary>
/// <param name="Resource">The object's resource.</param>
/// <param name="Key">The object.</param>
/// <param name="MergePatch">The change as a JSON merge patch (RFC 7386). It contains the <c>resourceVersion</c> if it depends on
/// one.</param>
public sealed record PreBindWrite(ResourceName Resource, ObjectKey Key, ReadOnlyMemory<byte> MergePatch);
