using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>What a write does, from an admission rule's point of view.</summary>
internal enum AdmissionOperation
{
    /// <summary>An object is created.</summary>
    Create,

    /// <summary>An object, or a part of it, is replaced.</summary>
    Update,

    /// <summary>An object is deleted.</summary>
    Delete,
}

/// <summary>A write that asks to be admitted.</summary>
/// <param name="Operation">What it does.</param>
/// <param name="Definition">The kind.</param>
/// <param name="Key">The object; the name may be empty where it will be generated.</param>
/// <param name="Subresource">The subresource; empty for the object itself.</param>
/// <param name="Object">The object as it will be, which may be changed; for a deletion the present one.</param>
/// <param name="Current">The object as it is; null for a creation.</param>
/// <param name="Options">The request's options.</param>
internal sealed record AdmissionRequest(
    AdmissionOperation Operation,
    ResourceDefinition Definition,
    ObjectKey Key,
    string Subresource,
    KubeObject Object,
    KubeObject? Current,
    WriteOptions Options)
{
    /// <summary>Claims that a plugin chose, not the request: another choice is as good.</summary>
    public HashSet<string> ChosenClaims { get; } = new(StringComparer.Ordinal);

    /// <summary>Claims that others turned out to hold. They are not chosen again, so that the choosing ends.</summary>
    public HashSet<string> LostClaims { get; } = new(StringComparer.Ordinal);
}
