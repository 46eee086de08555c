using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>A former state of a DaemonSet or StatefulSet, to which it can be rolled back.</summary>
internal sealed class ControllerRevisionKind : ResourceDefinition<V1ControllerRevision>
{
    public override string Group => "apps";

    public override string Kind => "ControllerRevision";

    public override string Plural => "controllerrevisions";

    protected override IReadOnlyList<TableColumn<V1ControllerRevision>> TypedColumns =>
    [
        TableColumn<V1ControllerRevision>.Name,
        TableColumn<V1ControllerRevision>.Of("Controller", ControllerOf),
        TableColumn<V1ControllerRevision>.Of("Revision", revision => revision.Revision ?? 0),
        TableColumn<V1ControllerRevision>.Age,
    ];

    protected override void Validate(V1ControllerRevision obj, FieldErrors errors)
    {
        if (obj.Data is null)
            errors.Required(FieldPath.Root("data"), "data is mandatory");
        NumberRules.ValidateNotNegative(obj.Revision, FieldPath.Root("revision"), errors);
    }

    protected override void ValidateUpdate(V1ControllerRevision updated, V1ControllerRevision current, FieldErrors errors)
    {
        Validate(updated, errors);
        ImmutableRules.Validate(updated.Data, current.Data, FieldPath.Root("data"), errors);
    }

    private static string ControllerOf(V1ControllerRevision revision)
    {
        if ((revision.Metadata.OwnerReferences).OrNone().FirstOrDefault(owner => owner.Controller == true) is not { } owner)
            return "<none>";
        var slash = owner.ApiVersion.IndexOf('/', StringComparison.Ordinal);
        var kind = slash < 0 ? owner.Kind : $"{owner.Kind}.{owner.ApiVersion[..slash]}";
        return $"{kind.ToLowerInvariant()}/{owner.Name}";
    }
}
