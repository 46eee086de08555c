using k8s.Models;

namespace OrleansOrchestrator.Kinds.AdmissionRegistration;

/// <summary>What mutating and validating webhooks have in common, although their models have no common type.</summary>
internal sealed record WebhookFacts
{
    public required string? Name { get; init; }

    public required Admissionregistrationv1WebhookClientConfig? Client { get; init; }

    public required IList<V1RuleWithOperations>? Rules { get; init; }

    public required IList<V1MatchCondition>? Conditions { get; init; }

    public required V1LabelSelector? NamespaceSelector { get; init; }

    public required V1LabelSelector? ObjectSelector { get; init; }

    public required string? FailurePolicy { get; init; }

    public required string? MatchPolicy { get; init; }

    public required string? SideEffects { get; init; }

    public required int? TimeoutSeconds { get; init; }

    public required IList<string>? ReviewVersions { get; init; }

    public static WebhookFacts Of(V1ValidatingWebhook hook) => new()
    {
        Name = hook.Name,
        Client = hook.ClientConfig,
        Rules = hook.Rules,
        Conditions = hook.MatchConditions,
        NamespaceSelector = hook.NamespaceSelector,
        ObjectSelector = hook.ObjectSelector,
        FailurePolicy = hook.FailurePolicy,
        MatchPolicy = hook.MatchPolicy,
        SideEffects = hook.SideEffects,
        TimeoutSeconds = hook.TimeoutSeconds,
        ReviewVersions = hook.AdmissionReviewVersions,
    };

    public static WebhookFacts Of(V1MutatingWebhook hook) => new()
    {
        Name = hook.Name,
        Client = hook.ClientConfig,
        Rules = hook.Rules,
        Conditions = hook.MatchConditions,
        NamespaceSelector = hook.NamespaceSelector,
        ObjectSelector = hook.ObjectSelector,
        FailurePolicy = hook.FailurePolicy,
        MatchPolicy = hook.MatchPolicy,
        SideEffects = hook.SideEffects,
        TimeoutSeconds = hook.TimeoutSeconds,
        ReviewVersions = hook.AdmissionReviewVersions,
    };
}
