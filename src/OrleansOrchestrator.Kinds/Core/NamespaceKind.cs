using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>A scope for names. Its deletion ends when its contents are deleted.</summary>
internal sealed class NamespaceKind : ResourceDefinition<V1Namespace>
{
    /// <summary>The finalizer that keeps a namespace until its contents are deleted.</summary>
    internal const string Finalizer = "kubernetes";

    // Policies select namespaces by this label.
    private const string NameLabel = "kubernetes.io/metadata.name";

    public override string Kind => "Namespace";

    public override string Plural => "namespaces";

    public override IReadOnlyList<string> ShortNames => ["ns"];

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } = [new("status.phase")];

    protected override IReadOnlyList<TableColumn<V1Namespace>> TypedColumns =>
    [
        TableColumn<V1Namespace>.Name,
        TableColumn<V1Namespace>.Of("Status", ns => ns.Status?.Phase ?? ""),
        TableColumn<V1Namespace>.Age,
    ];

    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsDns1123Label(name);

    public override bool IsHeld(KubeObject obj) => ((V1Namespace)obj).Spec?.Finalizers is { Count: > 0 };

    public override void PrepareForDeletion(KubeObject obj)
    {
        var status = ((V1Namespace)obj).Status ??= new V1NamespaceStatus();
        status.Phase = "Terminating";
    }

    protected override void ApplyDefaults(V1Namespace obj)
    {
        if (string.IsNullOrEmpty(obj.Metadata?.Name))
            return;
        obj.Metadata.Labels ??= new Dictionary<string, string>();
        obj.Metadata.Labels[NameLabel] = obj.Metadata.Name;
    }

    protected override void PrepareForCreate(V1Namespace obj)
    {
        obj.Status = new V1NamespaceStatus { Phase = "Active" };
        obj.Spec ??= new V1NamespaceSpec();
        if (!obj.Spec.Finalizers.OrNone().Contains(Finalizer))
            obj.Spec.Finalizers = [.. obj.Spec.Finalizers.OrNone(), Finalizer];
    }

    // The finalizers are changed through a subresource.
    protected override void PrepareForUpdate(V1Namespace updated, V1Namespace current) => updated.Spec = current.Spec;

    protected override void Validate(V1Namespace obj, FieldErrors errors)
    {
        foreach (var finalizer in (obj.Spec?.Finalizers).OrNone())
        {
            var faults = NameRules.IsQualifiedName(finalizer);
            errors.Invalid(FieldPath.Spec.Child("finalizers"), finalizer, faults);
            if (faults.Count == 0 && !finalizer.Contains('/', StringComparison.Ordinal) && finalizer is not (Finalizer or "orphan"))
                errors.Invalid(FieldPath.Spec.Child("finalizers"), finalizer, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    protected override void ValidateStatusUpdate(V1Namespace updated, V1Namespace current, FieldErrors errors)
    {
        var phase = updated.Status?.Phase ?? "";
        if (updated.Metadata.DeletionTimestamp is null && phase != "Active")
            errors.Invalid(FieldPath.Status.Child("Phase"), phase, "may only be 'Active' if `deletionTimestamp` is empty");
        if (updated.Metadata.DeletionTimestamp is not null && phase != "Terminating")
            errors.Invalid(FieldPath.Status.Child("Phase"), phase, "may only be 'Terminating' if `deletionTimestamp` is not empty");
    }
}
