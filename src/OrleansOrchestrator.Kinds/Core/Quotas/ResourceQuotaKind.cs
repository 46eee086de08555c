using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>Limits what all objects of a namespace use together.</summary>
internal sealed class ResourceQuotaKind : ResourceDefinition<V1ResourceQuota>
{
    private const string LimitsPrefix = "limits.";

    public override string Kind => "ResourceQuota";

    public override string Plural => "resourcequotas";

    public override bool DeletionAnswersWithObject => true;

    public override IReadOnlyList<string> ShortNames => ["quota"];

    public override bool HasStatus => true;

    protected override IReadOnlyList<TableColumn<V1ResourceQuota>> TypedColumns =>
    [
        TableColumn<V1ResourceQuota>.Name,
        TableColumn<V1ResourceQuota>.Of("Request", quota => Usage(quota.Status, isLimit: false)),
        TableColumn<V1ResourceQuota>.Of("Limit", quota => Usage(quota.Status, isLimit: true)),
        TableColumn<V1ResourceQuota>.Age,
    ];

    protected override void PrepareForCreate(V1ResourceQuota obj) => obj.Status = new V1ResourceQuotaStatus();

    protected override void Validate(V1ResourceQuota obj, FieldErrors errors) => ResourceQuotaValidation.Validate(obj.Spec, errors);

    protected override void ValidateUpdate(V1ResourceQuota updated, V1ResourceQuota current, FieldErrors errors)
    {
        Validate(updated, errors);
        var (after, before) = ((updated.Spec?.Scopes).OrNone(), (current.Spec?.Scopes).OrNone());
        if (!after.ToHashSet(StringComparer.Ordinal).SetEquals(before))
            errors.Invalid(FieldPath.Spec.Child("scopes"), after, "field is immutable");
    }

    protected override void ValidateStatusUpdate(V1ResourceQuota updated, V1ResourceQuota current, FieldErrors errors)
    {
        ResourceQuotaValidation.ValidateAmounts(updated.Status?.Hard, FieldPath.Status.Child("hard"), errors);
        ResourceQuotaValidation.ValidateAmounts(updated.Status?.Used, FieldPath.Status.Child("used"), errors);
    }

    private static string Usage(V1ResourceQuotaStatus? status, bool isLimit)
    {
        var parts = (status?.Hard).OrNone()
            .Where(hard => hard.Key.StartsWith(LimitsPrefix, StringComparison.Ordinal) == isLimit)
            .OrderBy(hard => hard.Key, StringComparer.Ordinal)
            .Select(hard => $"{hard.Key}: {UsedOf(status!, hard.Key)}/{Quantity.From(hard.Value)}");
        return string.Join(", ", parts);
    }

    private static Quantity UsedOf(V1ResourceQuotaStatus status, string name) =>
        Quantity.From(status.Used.OrNone().TryGetValue(name, out var used) ? used : null);
}
