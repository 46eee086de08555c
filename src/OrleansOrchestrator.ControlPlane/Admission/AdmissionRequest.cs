using System.Collections.Immutable;
using k8s;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>What a request does.</summary>
public enum AdmissionOperation
{
    /// <summary>Something is created: an object, or through a subresource a binding, an eviction, a token.</summary>
    Create,

    /// <summary>An object, or a part of it, is replaced.</summary>
    Update,

    /// <summary>An object is deleted.</summary>
    Delete,

    /// <summary>A connection is opened to what an object stands for, as exec and port-forward do.</summary>
    Connect,
}

/// <summary>
/// A request on its way to be done: the value that every stage of the write pipeline takes, and hands on as it has made of it.
/// It does not change. Only <see cref="Object"/> is a model, which can: it belongs to whoever has the request, and to nobody else.
/// What <see cref="OldObject"/> shows is shared by everything in the process, and must stay as it is.
/// </summary>
/// <remarks>The same notion as k8s.io/apiserver/pkg/admission.Attributes.</remarks>
public sealed record AdmissionRequest
{
    private readonly KubeObject? _oldObject;

    /// <summary>What it does.</summary>
    public required AdmissionOperation Operation { get; init; }

    /// <summary>The group and version that the sender speaks. Objects are in the storage version, whichever it is.</summary>
    public required ServedVersion ServedVersion { get; init; }

    /// <summary>The object that the request names; the name is empty where it will be generated.</summary>
    public required ObjectKey Key { get; init; }

    /// <summary>Who asks and how: the user, whether it is a dry run, the field manager.</summary>
    public required WriteOptions Options { get; init; }

    /// <summary>The subresource; empty for the object itself.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>
    /// What is sent: the object as it will be; for a subresource that has a kind of its own that kind, as in a Binding, an Eviction, a
    /// Scale or the options of a connection; null for a deletion.
    /// </summary>
    public IKubernetesObject? Object { get; init; }

    /// <summary>The version that is changed or deleted; null where none is.</summary>
    public StoredObject? Current { get; init; }

    /// <summary>The options of a deletion; null for all else.</summary>
    public DeletionOptions? Deletion { get; init; }

    /// <summary>The object of the kind that is written.</summary>
    internal KubeObject Written => (KubeObject)Object!;

    /// <summary>What the server itself has chosen about the object.</summary>
    internal ClaimChoices Choices { get; init; } = ClaimChoices.None;

    /// <summary>The kind that is asked for.</summary>
    public ResourceDefinition Definition => ServedVersion.Definition;

    /// <summary>Who asks.</summary>
    public UserInfo User => Options.User;

    /// <summary>Whether nothing is to come of it.</summary>
    public bool IsDryRun => Options.DryRun;

    /// <summary>What is changed or deleted as it is now: read only; null where there is nothing.</summary>
    public KubeObject? OldObject
    {
        get => _oldObject ?? Current?.SharedModel();
        init => _oldObject = value;
    }
}

/// <summary>What the server has chosen where the sender left it open, as a service's address. Another choice is as good.</summary>
/// <param name="Chosen">The claims that were chosen.</param>
/// <param name="Lost">The claims that others turned out to hold. They are not chosen again, so that the choosing ends.</param>
internal sealed record ClaimChoices(
    ImmutableHashSet<string> Chosen, ImmutableHashSet<string> Lost)
{
    /// <summary>Nothing has been chosen.</summary>
    public static ClaimChoices None { get; } = new([], []);
}
