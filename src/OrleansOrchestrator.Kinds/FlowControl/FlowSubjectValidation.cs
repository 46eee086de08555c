using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.FlowControl;

/// <summary>Validates the subjects whose requests belong to a flow.</summary>
internal static class FlowSubjectValidation
{
    private static readonly string[] Kinds = ["Group", "ServiceAccount", "User"];

    public static void Validate(Flowcontrolv1Subject subject, FieldPath path, FieldErrors errors)
    {
        if (!Kinds.Contains(subject.Kind ?? ""))
        {
            errors.NotSupported(path.Child("kind"), subject.Kind ?? "", Kinds);
            return;
        }

        ValidateAccount(subject, path.Child("serviceAccount"), errors);
        ValidateName(subject, "User", subject.User is not null, subject.User?.Name, path.Child("user"), errors);
        ValidateName(subject, "Group", subject.Group is not null, subject.Group?.Name, path.Child("group"), errors);
    }

    private static void ValidateAccount(Flowcontrolv1Subject subject, FieldPath path, FieldErrors errors)
    {
        if (!IsExpected(subject, "ServiceAccount", subject.ServiceAccount is not null, path, errors) || subject.ServiceAccount is not { } account)
            return;
        if (string.IsNullOrEmpty(account.Name))
            errors.Required(path.Child("name"));
        else if (account.Name != "*")
            errors.Invalid(path.Child("name"), account.Name, NameRules.IsDns1123Subdomain(account.Name));
        if (string.IsNullOrEmpty(account.NamespaceProperty))
            errors.Required(path.Child("namespace"), "must specify namespace for service account");
        else
            errors.Invalid(path.Child("namespace"), account.NamespaceProperty, NameRules.IsDns1123Label(account.NamespaceProperty));
    }

    private static void ValidateName(Flowcontrolv1Subject subject, string kind, bool isGiven, string? name, FieldPath path, FieldErrors errors)
    {
        if (IsExpected(subject, kind, isGiven, path, errors) && string.IsNullOrEmpty(name))
            errors.Required(path.Child("name"));
    }

    /// <summary>Checks that the part of the subject's kind is present, and that no other part is. Reports both faults.</summary>
    private static bool IsExpected(Flowcontrolv1Subject subject, string kind, bool isGiven, FieldPath path, FieldErrors errors)
    {
        var field = char.ToLowerInvariant(kind[0]) + kind[1..];
        if (subject.Kind == kind && !isGiven)
            errors.Required(path, $"{field} is required when subject kind is '{kind}'");
        if (subject.Kind != kind && isGiven)
            errors.Forbidden(path, $"{field} is forbidden when subject kind is not '{kind}'");
        return subject.Kind == kind && isGiven;
    }
}
