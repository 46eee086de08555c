using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>How many requests of a priority level run at once, and how others queue.</summary>
internal sealed class PriorityLevelConfigurationKind : ResourceDefinition<V1PriorityLevelConfiguration>
{
    private const int SharesDefault = 30;

    public override string Group => "flowcontrol.apiserver.k8s.io";

    public override string Kind => "PriorityLevelConfiguration";

    public override string Plural => "prioritylevelconfigurations";

    public override bool IsActedOn => false;

    public override bool Namespaced => false;

    public override bool HasStatus => true;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1PriorityLevelConfiguration>> TypedColumns =>
    [
        TableColumn<V1PriorityLevelConfiguration>.Name,
        TableColumn<V1PriorityLevelConfiguration>.Of("Type", one => one.Spec?.Type ?? ""),
        TableColumn<V1PriorityLevelConfiguration>.Of("NominalConcurrencyShares", SharesOf),
        TableColumn<V1PriorityLevelConfiguration>.Of("Queues", one => Cell(QueuingOf(one)?.Queues)),
        TableColumn<V1PriorityLevelConfiguration>.Of("HandSize", one => Cell(QueuingOf(one)?.HandSize)),
        TableColumn<V1PriorityLevelConfiguration>.Of("QueueLengthLimit", one => Cell(QueuingOf(one)?.QueueLengthLimit)),
        TableColumn<V1PriorityLevelConfiguration>.Age,
    ];

    protected override void ApplyDefaults(V1PriorityLevelConfiguration obj)
    {
        if (obj.Spec?.Exempt is { } exempt)
        {
            exempt.NominalConcurrencyShares ??= 0;
            exempt.LendablePercent ??= 0;
        }

        if (obj.Spec?.Limited is not { } limited)
            return;
        limited.NominalConcurrencyShares ??= SharesDefault;
        limited.LendablePercent ??= 0;
        if (limited.LimitResponse?.Queuing is { } queuing)
        {
            queuing.HandSize = queuing.HandSize.Or(8);
            queuing.Queues = queuing.Queues.Or(64);
            queuing.QueueLengthLimit = queuing.QueueLengthLimit.Or(50);
        }
    }

    protected override void Validate(V1PriorityLevelConfiguration obj, FieldErrors errors) =>
        PriorityLevelValidation.Validate(obj.Metadata?.Name, obj.Spec ?? new V1PriorityLevelConfigurationSpec(), FieldPath.Spec, errors);

    protected override void ValidateStatusUpdate(
        V1PriorityLevelConfiguration updated, V1PriorityLevelConfiguration current, FieldErrors errors) =>
        FlowConditionRules.Validate([.. (updated.Status?.Conditions).OrNone().Select(condition => condition.Type)], errors);

    private static object SharesOf(V1PriorityLevelConfiguration one) =>
        Cell(one.Spec?.Limited?.NominalConcurrencyShares ?? one.Spec?.Exempt?.NominalConcurrencyShares);

    private static V1QueuingConfiguration? QueuingOf(V1PriorityLevelConfiguration one) => one.Spec?.Limited?.LimitResponse?.Queuing;

    private static object Cell(int? number) => number is { } value ? value : "<none>";
}
