using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>An allocated IP address. Its name is the address.</summary>
internal sealed class IPAddressKind : ResourceDefinition<V1IPAddress>
{
    public override string Group => "networking.k8s.io";

    public override string Kind => "IPAddress";

    public override string Plural => "ipaddresses";

    public override IReadOnlyList<string> ShortNames => ["ip"];

    public override bool Namespaced => false;

    public override IReadOnlyList<SelectableField> SelectableFields { get; } =
        [new("spec.parentRef.group"), new("spec.parentRef.resource"), new("spec.parentRef.namespace"), new("spec.parentRef.name", Indexed: true)];

    protected override IReadOnlyList<TableColumn<V1IPAddress>> TypedColumns =>
    [
        TableColumn<V1IPAddress>.Name,
        TableColumn<V1IPAddress>.Of("ParentRef", address => ParentOf(address.Spec?.ParentRef)),
    ];

    public override IReadOnlyList<string> ValidateName(string name)
    {
        if (!AddressSyntax.TryParse(name, out var address))
            return NameRules.IsValidIP(name);
        return address.ToString() == name ? [] : [$"must be in canonical form (\"{address}\")"];
    }

    protected override void Validate(V1IPAddress obj, FieldErrors errors)
    {
        var path = FieldPath.Spec.Child("parentRef");
        if (obj.Spec?.ParentRef is not { } parent)
        {
            errors.Required(path);
            return;
        }

        // Services are in the core group, whose name is empty.
        if (!string.IsNullOrEmpty(parent.Group))
            ReferenceRules.ValidateGroup(parent.Group, path.Child("group"), errors);
        ReferenceRules.ValidateSegment(parent.Resource, path.Child("resource"), errors);
        ReferenceRules.ValidateSegment(parent.Name, path.Child("name"), errors);
        if (!string.IsNullOrEmpty(parent.NamespaceProperty))
            ReferenceRules.ValidateSegment(parent.NamespaceProperty, path.Child("namespace"), errors);
    }

    protected override void ValidateUpdate(V1IPAddress updated, V1IPAddress current, FieldErrors errors)
    {
        if (!SemanticEquality.Equal(updated.Spec?.ParentRef, current.Spec?.ParentRef))
            errors.Invalid(FieldPath.Spec.Child("parentRef"), updated.Spec?.ParentRef, "field is immutable");
    }

    private static string ParentOf(V1ParentReference? parent)
    {
        if (parent is null)
            return "<none>";
        var resource = string.IsNullOrEmpty(parent.Group) ? parent.Resource : $"{parent.Resource}.{parent.Group}";
        return string.IsNullOrEmpty(parent.NamespaceProperty)
            ? $"{resource}/{parent.Name}"
            : $"{resource}/{parent.NamespaceProperty}/{parent.Name}";
    }
}
