using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Networking;

/// <summary>A range of addresses for services.</summary>
internal sealed class ServiceCIDRKind : ResourceDefinition<V1ServiceCIDR>
{
    private const string Fixed = "field is immutable";

    public override string Group => "networking.k8s.io";

    public override string Kind => "ServiceCIDR";

    public override string Plural => "servicecidrs";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1ServiceCIDR>> TypedColumns =>
    [
        TableColumn<V1ServiceCIDR>.Name,
        TableColumn<V1ServiceCIDR>.Of("CIDRs", one => string.Join(',', (one.Spec?.Cidrs).OrNone())),
        TableColumn<V1ServiceCIDR>.Age,
    ];

    protected override void Validate(V1ServiceCIDR obj, FieldErrors errors)
    {
        var path = FieldPath.Spec.Child("cidrs");
        var ranges = (obj.Spec?.Cidrs).OrNone();
        if (ranges.Count == 0)
        {
            errors.Required(path, "at least one CIDR required");
            return;
        }

        if (ranges.Count > 2)
        {
            errors.Invalid(path, obj.Spec, "may only hold up to 2 values");
            return;
        }

        for (var i = 0; i < ranges.Count; i++)
            errors.Invalid(path.Index(i), ranges[i], NameRules.IsValidCidr(ranges[i]));
        var isEachValid = ranges.All(range => NameRules.IsValidCidr(range).Count == 0);
        if (ranges.Count == 2 && isEachValid && ranges[0].Contains(':') == ranges[1].Contains(':'))
            errors.Invalid(path, ranges, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
    }

    protected override void ValidateUpdate(V1ServiceCIDR updated, V1ServiceCIDR current, FieldErrors errors)
    {
        var path = FieldPath.Spec.Child("cidrs");
        var (after, before) = ((updated.Spec?.Cidrs).OrNone(), (current.Spec?.Cidrs).OrNone());
        // A second family may be added. Nothing else may change.
        if (after.Count != before.Count && (before.Count, after.Count) != (1, 2))
        {
            errors.Invalid(path, after, Fixed);
            return;
        }

        for (var i = 0; i < before.Count; i++)
        {
            if (after[i] != before[i])
                errors.Invalid(path.Index(i), after[i], Fixed);
        }

        if (after.Count > before.Count)
            Validate(updated, errors);
    }
}
