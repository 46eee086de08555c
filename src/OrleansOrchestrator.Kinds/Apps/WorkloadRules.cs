using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Pods;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Apps;

/// <summary>The rules that the kinds of <c>apps</c> share: each keeps pods of one template, and selects them by labels.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/apps/validation; faults come in the same order.</remarks>
internal static class WorkloadRules
{
    /// <param name="selector">The selector; null is a fault.</param>
    /// <param name="kind">The name of the kind in the message for an empty selector.</param>
    /// <param name="path">The path of the field.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void ValidateSelector(V1LabelSelector? selector, string kind, FieldPath path, FieldErrors errors)
    {
        if (selector is null)
        {
            errors.Required(path);
            return;
        }

        LabelSelectorRules.Validate(selector, path, errors);
        if (selector.MatchLabels.OrNone().Count + selector.MatchExpressions.OrNone().Count == 0)
            errors.Invalid(path, selector, $"empty selector is invalid for {kind}");
    }

    /// <summary>The template must make pods that the selector matches and that restart always.</summary>
    /// <param name="template">The template.</param>
    /// <param name="selector">The selector; null matches no pod.</param>
    /// <param name="kind">The name of the kind in messages.</param>
    /// <param name="path">Where the template is.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void ValidateTemplate(
        V1PodTemplateSpec? template, V1LabelSelector? selector, string kind, FieldPath path, FieldErrors errors)
    {
        if (template is null)
        {
            errors.Required(path);
            return;
        }

        ValidateSelected(template, selector, path, errors);
        PodTemplateRules.Validate(template, path, errors);
        if (template.Spec is not null && template.Spec.RestartPolicy != "Always")
            errors.NotSupported(path.Child("spec").Child("restartPolicy"), template.Spec.RestartPolicy ?? "", "Always");
        if (template.Spec?.ActiveDeadlineSeconds is not null)
            errors.Forbidden(path.Child("spec").Child("activeDeadlineSeconds"), $"activeDeadlineSeconds in {kind} is not Supported");
    }

    /// <summary>The selector must match the template's labels. Another rule reports a malformed selector.</summary>
    public static void ValidateSelected(V1PodTemplateSpec template, V1LabelSelector? selector, FieldPath path, FieldErrors errors)
    {
        if (TryRead(selector) is { } wanted && !wanted.Matches(template.Metadata?.Labels))
        {
            errors.Invalid(path.Child("metadata").Child("labels"), template.Metadata?.Labels.OrNone() ?? new Dictionary<string, string>(),
                "`selector` does not match template `labels`");
        }
    }

    /// <summary>The selector in its string form; empty if it matches nothing or is malformed.</summary>
    public static string SelectorText(V1LabelSelector? selector) => TryRead(selector)?.ToString() ?? "";

    /// <summary>A count in a status of some of the replicas.</summary>
    public static void ValidatePart(int? part, string name, int total, FieldErrors errors)
    {
        if (part > total)
            errors.Invalid(FieldPath.Status.Child(name), part, "cannot be greater than status.replicas");
    }

    /// <summary>The collision count in a status.</summary>
    public static void ValidateCollisions(int? updated, int? current, FieldErrors errors)
    {
        if ((updated ?? 0) < (current ?? 0))
            errors.Invalid(FieldPath.Status.Child("collisionCount"), updated ?? 0, "cannot be decremented");
    }

    private static LabelSelector? TryRead(V1LabelSelector? selector)
    {
        try
        {
            return LabelSelector.From(selector);
        }
        catch (SelectorException)
        {
            return null;
        }
    }
}
