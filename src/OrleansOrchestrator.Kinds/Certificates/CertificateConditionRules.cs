using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Certificates;

/// <summary>
/// Validates the approval, denial and failure of a certificate request. A decision is final, and is made through its own
/// subresource.
/// </summary>
internal static class CertificateConditionRules
{
    private static readonly string[] Decisions = ["Approved", "Denied"];
    private static readonly string[] Lasting = ["Approved", "Denied", "Failed"];
    private static readonly string[] TrueOnly = ["True"];
    private static readonly string[] AnyStatus = ["False", "True", "Unknown"];

    private static FieldPath Path => FieldPath.Status.Child("conditions");

    public static void Validate(IList<V1CertificateSigningRequestCondition>? conditions, FieldErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < conditions.OrNone().Count; i++)
        {
            var (condition, at) = (conditions![i], Path.Index(i));
            var type = condition.Type ?? "";
            if (type.Length == 0)
                errors.Required(at.Child("type"));
            ChoiceRules.ValidateRequired(condition.Status, Lasting.Contains(type) ? TrueOnly : AnyStatus, at.Child("status"), errors);
            if (Decisions.Contains(type) && seen.Any(other => other != type && Decisions.Contains(other)))
                errors.Invalid(at.Child("type"), type, "Approved and Denied conditions are mutually exclusive");
            if (!seen.Add(type))
                errors.Duplicate(at.Child("type"), type);
        }
    }

    /// <summary>Validates a change.</summary>
    /// <param name="updated">The request after the change.</param>
    /// <param name="current">The request before the change.</param>
    /// <param name="mayDecide">Whether this subresource may approve and deny.</param>
    /// <param name="errors">Receives the faults.</param>
    public static void ValidateUpdate(
        V1CertificateSigningRequest updated, V1CertificateSigningRequest current, bool mayDecide, FieldErrors errors)
    {
        Validate(updated.Status?.Conditions, errors);
        foreach (var type in Lasting)
        {
            var (after, before) = (Of(updated, type), Of(current, type));
            if (after.Count < before.Count)
                errors.Forbidden(Path, $"updates may not remove a condition of type \"{type}\"");
            if (mayDecide || !Decisions.Contains(type))
                continue;
            if (after.Count > before.Count)
                errors.Forbidden(Path, $"updates may not add a condition of type \"{type}\"");
            else if (after.Count == before.Count && !SemanticEquality.Equal(after, before))
                errors.Forbidden(Path, $"updates may not modify a condition of type \"{type}\"\n{FieldDifference.Describe(before, after)}");
        }
    }

    private static List<V1CertificateSigningRequestCondition> Of(V1CertificateSigningRequest request, string type) =>
        [.. (request.Status?.Conditions).OrNone().Where(condition => condition.Type == type)];
}
