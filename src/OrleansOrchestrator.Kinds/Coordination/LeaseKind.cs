using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Coordination;

/// <summary>A claim that expires unless it is renewed, as for the heartbeat of a node or leader election.</summary>
internal sealed class LeaseKind : ResourceDefinition<V1Lease>
{
    public override string Group => "coordination.k8s.io";

    public override string Kind => "Lease";

    public override string Plural => "leases";

    public override Durability Durability => Durability.Volatile;

    public override bool AllowCreateOnUpdate => true;

    protected override IReadOnlyList<TableColumn<V1Lease>> TypedColumns =>
    [
        TableColumn<V1Lease>.Name,
        TableColumn<V1Lease>.Of("Holder", lease => lease.Spec?.HolderIdentity ?? ""),
        TableColumn<V1Lease>.Age,
    ];

    protected override void Validate(V1Lease obj, FieldErrors errors)
    {
        NumberRules.ValidatePositive(obj.Spec?.LeaseDurationSeconds, FieldPath.Spec.Child("leaseDurationSeconds"), errors);
        NumberRules.ValidateNotNegative(obj.Spec?.LeaseTransitions, FieldPath.Spec.Child("leaseTransitions"), errors);
    }
}
