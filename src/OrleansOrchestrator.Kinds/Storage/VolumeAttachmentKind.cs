using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>Requests that a storage driver attaches a volume to a node.</summary>
internal sealed class VolumeAttachmentKind : ResourceDefinition<V1VolumeAttachment>
{
    private const int MetadataBytesMax = 256 * 1024;
    private const int MessageBytesMax = 1024;
    private const string OneSource = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";

    public override string Group => CsiRules.Group;

    public override string Kind => "VolumeAttachment";

    public override string Plural => "volumeattachments";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1VolumeAttachment>> TypedColumns =>
    [
        TableColumn<V1VolumeAttachment>.Name,
        TableColumn<V1VolumeAttachment>.Of("Attacher", one => one.Spec?.Attacher ?? ""),
        TableColumn<V1VolumeAttachment>.Of("PV", one => one.Spec?.Source?.PersistentVolumeName ?? ""),
        TableColumn<V1VolumeAttachment>.Of("Node", one => one.Spec?.NodeName ?? ""),
        TableColumn<V1VolumeAttachment>.Of("Attached", one => one.Status?.Attached ?? false, "boolean"),
        TableColumn<V1VolumeAttachment>.Age,
    ];

    protected override void PrepareForCreate(V1VolumeAttachment obj) => obj.Status = new V1VolumeAttachmentStatus();

    protected override void Validate(V1VolumeAttachment obj, FieldErrors errors)
    {
        var spec = obj.Spec ?? new V1VolumeAttachmentSpec();
        CsiDriverRules.ValidateName(spec.Attacher, FieldPath.Spec.Child("attacher"), errors);
        ValidateSource(spec.Source, FieldPath.Spec.Child("source"), errors);
        errors.Invalid(FieldPath.Spec.Child("nodeName"), spec.NodeName ?? "", NameRules.IsDns1123Subdomain(spec.NodeName ?? ""));
    }

    protected override void ValidateUpdate(V1VolumeAttachment updated, V1VolumeAttachment current, FieldErrors errors)
    {
        Validate(updated, errors);
        if (!SemanticEquality.Equal(updated.Spec, current.Spec))
            errors.Invalid(FieldPath.Spec, updated.Spec, "field is immutable");
    }

    protected override void ValidateStatusUpdate(V1VolumeAttachment updated, V1VolumeAttachment current, FieldErrors errors)
    {
        var metadata = (updated.Status?.AttachmentMetadata).OrNone();
        if (metadata.Sum(entry => (long)entry.Key.Length + (entry.Value?.Length ?? 0)) > MetadataBytesMax)
            errors.TooLong(FieldPath.Status.Child("attachmentMetadata"), MetadataBytesMax);
        ValidateError(updated.Status?.AttachError, FieldPath.Status.Child("attachError"), errors);
        ValidateError(updated.Status?.DetachError, FieldPath.Status.Child("detachError"), errors);
    }

    private static void ValidateSource(V1VolumeAttachmentSource? source, FieldPath path, FieldErrors errors)
    {
        switch (source)
        {
            case null or { InlineVolumeSpec: null, PersistentVolumeName: null }:
                errors.Required(path, OneSource);
                break;
            case { InlineVolumeSpec: not null, PersistentVolumeName: not null }:
                errors.Forbidden(path, OneSource);
                break;
            case { PersistentVolumeName: "" }:
                errors.Required(path.Child("persistentVolumeName"), "must specify non empty persistentVolumeName");
                break;
            case { PersistentVolumeName: { } name }:
                errors.Invalid(path.Child("persistentVolumeName"), name, NameRules.IsDns1123Subdomain(name));
                break;
        }
    }

    private static void ValidateError(V1VolumeError? error, FieldPath path, FieldErrors errors)
    {
        if (error?.Message?.Length > MessageBytesMax)
            errors.TooLong(path.Child("message"), MessageBytesMax);
        if (error?.ErrorCode < 0)
            errors.Invalid(path.Child("errorCode"), error.ErrorCode, "must be between 0 and 2147483647, inclusive");
    }
}
