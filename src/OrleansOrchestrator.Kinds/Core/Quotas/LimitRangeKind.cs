using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core.Quotas;

/// <summary>The limits and defaults of the resources of single pods, containers and claims of a namespace.</summary>
internal sealed class LimitRangeKind : ResourceDefinition<V1LimitRange>
{
    public override string Kind => "LimitRange";

    public override string Plural => "limitranges";

    public override IReadOnlyList<string> ShortNames => ["limits"];

    protected override IReadOnlyList<TableColumn<V1LimitRange>> TypedColumns =>
        [TableColumn<V1LimitRange>.Name, TableColumn<V1LimitRange>.CreatedAt];

    protected override void ApplyDefaults(V1LimitRange obj)
    {
        foreach (var item in (obj.Spec?.Limits).OrNone())
        {
            if (item.Type != LimitRangeValidation.Container)
                continue;
            item.DefaultProperty ??= new Dictionary<string, ResourceQuantity>();
            item.DefaultRequest ??= new Dictionary<string, ResourceQuantity>();
            FillIn(item.DefaultProperty, item.Max);
            FillIn(item.DefaultRequest, item.DefaultProperty);
            FillIn(item.DefaultRequest, item.Min);
        }
    }

    protected override void Validate(V1LimitRange obj, FieldErrors errors) => LimitRangeValidation.Validate(obj.Spec, errors);

    private static void FillIn(IDictionary<string, ResourceQuantity> amounts, IDictionary<string, ResourceQuantity>? others)
    {
        foreach (var (name, amount) in others.OrNone())
            amounts.TryAdd(name, amount);
    }
}
