using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>Webhooks that may change objects before they are stored.</summary>
internal sealed class MutatingWebhookConfigurationKind : ResourceDefinition<V1MutatingWebhookConfiguration>
{
    private static readonly string[] ReinvocationPolicies = ["IfNeeded", "Never"];

    public override string Group => WebhookValidation.Group;

    public override string Kind => "MutatingWebhookConfiguration";

    public override string Plural => "mutatingwebhookconfigurations";

    public override bool IsActedOn => false;

    public override IReadOnlyList<string> Categories => [WebhookValidation.Category];

    public override bool Namespaced => false;

    public override bool TracksGeneration => true;

    protected override IReadOnlyList<TableColumn<V1MutatingWebhookConfiguration>> TypedColumns =>
    [
        TableColumn<V1MutatingWebhookConfiguration>.Name,
        TableColumn<V1MutatingWebhookConfiguration>.Of("Webhooks", one => one.Webhooks.OrNone().Count, "integer"),
        TableColumn<V1MutatingWebhookConfiguration>.Age,
    ];

    protected override void ApplyDefaults(V1MutatingWebhookConfiguration obj)
    {
        foreach (var hook in obj.Webhooks.OrNone())
        {
            hook.FailurePolicy ??= "Fail";
            hook.MatchPolicy ??= "Equivalent";
            hook.NamespaceSelector ??= new V1LabelSelector();
            hook.ObjectSelector ??= new V1LabelSelector();
            hook.TimeoutSeconds ??= 10;
            hook.ReinvocationPolicy ??= "Never";
            WebhookRuleValidation.ApplyDefaults(hook.Rules);
            WebhookClientValidation.ApplyDefaults(hook.ClientConfig);
        }
    }

    // The desired state is not under a spec here.
    protected override void PrepareForUpdate(V1MutatingWebhookConfiguration updated, V1MutatingWebhookConfiguration current)
    {
        if (!SemanticEquality.Equal(updated.Webhooks, current.Webhooks))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    protected override void Validate(V1MutatingWebhookConfiguration obj, FieldErrors errors)
    {
        WebhookValidation.Validate([.. obj.Webhooks.OrNone().Select(WebhookFacts.Of)], errors);
        for (var i = 0; i < obj.Webhooks.OrNone().Count; i++)
        {
            ChoiceRules.ValidateOptional(
                obj.Webhooks[i].ReinvocationPolicy, ReinvocationPolicies, FieldPath.Root("webhooks").Index(i).Child("reinvocationPolicy"), errors);
        }
    }
}
