using System.Collections.Immutable;
using k8s;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>What a request does.</summary>
public enum AdmissionOperation
{
    /// <summary>Creates an object or, through a subresource, a binding, an eviction or a token.</summary>
    Create,

    /// <summary>Replaces an object or a part of it.</summary>
    Update,

    /// <summary>Deletes an object.</summary>
    Delete,

    /// <summary>Opens a connection to what an object stands for, as exec and port-forward do.</summary>
    Connect,
}

/// <summary>
/// The immutable value that every stage of the write pipeline takes and returns. Only <see cref="Object"/> is a mutable model; it
/// belongs to the holder of the request alone. <see cref="OldObject"/> is shared by the whole process and must not be changed.
/// </summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/admission.Attributes.</remarks>
public sealed record AdmissionRequest
{
    private readonly KubeObject? _oldObject;

    /// <summary>The operation.</summary>
    public required AdmissionOperation Operation { get; init; }

    /// <summary>The group and version that the sender uses. Objects are in the storage version in any case.</summary>
    public required ServedVersion ServedVersion { get; init; }

    /// <summary>The object that the request names. The name is empty if it is still to be generated.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>The sender and the request's options: user, dry run, field manager.</summary>
    public required WriteOptions Options { get; init; }

    /// <summary>The subresource; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>
    /// The object to write. For a subresource with a kind of its own, an object of that kind: a Binding, an Eviction, a Scale, or the
    /// options of a connection. Null for a deletion.
    /// </summary>
    public IKubernetesObject? Object { get; init; }

    /// <summary>The version that is changed or deleted; null if there is none.</summary>
    public StoredObject? Current { get; init; }

    /// <summary>The options of a deletion; null for other operations.</summary>
    public DeletionOptions? Deletion { get; init; }

    /// <summary><see cref="Object"/> as an object of the kind that is written.</summary>
    internal KubeObject Written => (KubeObject)Object!;

    /// <summary>What the server chose for the object.</summary>
    internal ClaimChoices Choices { get; init; } = ClaimChoices.None;

    /// <summary>Whether other objects may hold the claims of the written object too.</summary>
    internal bool SharesClaims => Definition.UsersMayShareClaims && Choices.Chosen.IsEmpty;

    /// <summary>The quotas that the write must keep to, as far as they are known; null if it takes nothing more of any.</summary>
    internal IReadOnlyList<QuotaLimit>? Quotas { get; init; }

    /// <summary>The requested kind.</summary>
    public ResourceDefinition Definition => ServedVersion.Definition;

    /// <summary>The user who sent the request.</summary>
    public UserInfo User => Options.User;

    /// <summary>Whether the request is a dry run.</summary>
    public bool IsDryRun => Options.DryRun;

    /// <summary>The present state of the object to be changed or deleted, read only; null if there is none.</summary>
    public KubeObject? OldObject
    {
        get => _oldObject ?? Current?.SharedModel();
        init => _oldObject = value;
    }
}

/// <summary>What the server chose where the sender left it open, such as a service's address. The server may choose anew.</summary>
/// <param name="Chosen">The claims that were chosen.</param>
/// <param name="Lost">The claims that others turned out to hold. They are not chosen again, so that the search ends.</param>
internal sealed record ClaimChoices(
    ImmutableHashSet<string> Chosen, ImmutableHashSet<string> Lost)
{
    /// <summary>Nothing has been chosen.</summary>
    public static ClaimChoices None { get; } = new([], []);
}
