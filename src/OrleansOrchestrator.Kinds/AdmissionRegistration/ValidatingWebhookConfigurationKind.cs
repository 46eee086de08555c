using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>Webhooks that may refuse objects before they are stored.</summary>
internal sealed class ValidatingWebhookConfigurationKind : ResourceDefinition<V1ValidatingWebhookConfiguration>
{
    public override string Group => WebhookValidation.Group;

    public override string Kind => "ValidatingWebhookConfiguration";

    public override string Plural => "validatingwebhookconfigurations";

    public override bool IsActedOn => false;

    public override IReadOnlyList<string> Categories => [WebhookValidation.Category];

    public override bool Namespaced => false;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1ValidatingWebhookConfiguration>> TypedColumns =>
    [
        TableColumn<V1ValidatingWebhookConfiguration>.Name,
        TableColumn<V1ValidatingWebhookConfiguration>.Of("Webhooks", one => one.Webhooks.OrNone().Count, "integer"),
        TableColumn<V1ValidatingWebhookConfiguration>.Age,
    ];

    protected override void ApplyDefaults(V1ValidatingWebhookConfiguration obj)
    {
        foreach (var hook in obj.Webhooks.OrNone())
        {
            hook.FailurePolicy ??= "Fail";
            hook.MatchPolicy ??= "Equivalent";
            hook.NamespaceSelector ??= new V1LabelSelector();
            hook.ObjectSelector ??= new V1LabelSelector();
            hook.TimeoutSeconds ??= 10;
            WebhookRuleValidation.ApplyDefaults(hook.Rules);
            WebhookClientValidation.ApplyDefaults(hook.ClientConfig);
        }
    }

    // The desired state is not under a spec here.
    protected override void PrepareForUpdate(V1ValidatingWebhookConfiguration updated, V1ValidatingWebhookConfiguration current)
    {
        if (!SemanticEquality.Equal(updated.Webhooks, current.Webhooks))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    protected override void Validate(V1ValidatingWebhookConfiguration obj, FieldErrors errors) =>
        WebhookValidation.Validate([.. obj.Webhooks.OrNone().Select(WebhookFacts.Of)], errors);
}
