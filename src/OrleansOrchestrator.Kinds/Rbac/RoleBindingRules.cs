using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Validates role bindings.</summary>
/// <remarks>See k8s.io/kubernetes/pkg/apis/rbac/validation.</remarks>
internal static class RoleBindingRules
{
    /// <summary>The group of roles and bindings.</summary>
    public const string Group = "rbac.authorization.k8s.io";

    private static readonly string[] SubjectKinds = ["ServiceAccount", "User", "Group"];

    public static void ApplyDefaults(V1RoleRef? role, IList<Rbacv1Subject>? subjects)
    {
        if (role is not null)
            role.ApiGroup = role.ApiGroup.Or(Group);
        foreach (var subject in subjects.OrNone())
        {
            if (subject.Kind is "User" or "Group")
                subject.ApiGroup = subject.ApiGroup.Or(Group);
        }
    }

    public static void Validate(V1RoleRef? role, IList<Rbacv1Subject>? subjects, string[] roleKinds, bool isNamespaced, FieldErrors errors)
    {
        var path = FieldPath.Root("roleRef");
        if (role?.ApiGroup != Group)
            errors.NotSupported(path.Child("apiGroup"), role?.ApiGroup ?? "", Group);
        if (!roleKinds.Contains(role?.Kind ?? ""))
            errors.NotSupported(path.Child("kind"), role?.Kind ?? "", roleKinds);
        ReferenceRules.ValidateSegment(role?.Name, path.Child("name"), errors);
        for (var i = 0; i < subjects.OrNone().Count; i++)
            ValidateSubject(subjects![i], isNamespaced, FieldPath.Root("subjects").Index(i), errors);
    }

    /// <summary>The role of a binding does not change: who reviewed it has not reviewed another role.</summary>
    public static void ValidateUpdate(V1RoleRef? updated, V1RoleRef? current, FieldErrors errors)
    {
        if ((updated?.ApiGroup, updated?.Kind, updated?.Name) != (current?.ApiGroup, current?.Kind, current?.Name))
            errors.Invalid(FieldPath.Root("roleRef"), updated, "cannot change roleRef");
    }

    private static void ValidateSubject(Rbacv1Subject subject, bool isNamespaced, FieldPath path, FieldErrors errors)
    {
        var name = subject.Name ?? "";
        if (name.Length == 0)
            errors.Required(path.Child("name"));
        switch (subject.Kind)
        {
            case "ServiceAccount":
                if (name.Length > 0)
                    errors.Invalid(path.Child("name"), name, NameRules.IsDns1123Subdomain(name));
                if (!string.IsNullOrEmpty(subject.ApiGroup))
                    errors.NotSupported(path.Child("apiGroup"), subject.ApiGroup, "");
                if (!isNamespaced && string.IsNullOrEmpty(subject.NamespaceProperty))
                    errors.Required(path.Child("namespace"));
                break;
            case "User" or "Group":
                if (name.Length == 0)
                    errors.Invalid(path.Child("name"), name, $"{subject.Kind.ToLowerInvariant()} name cannot be empty");
                if (subject.ApiGroup != Group)
                    errors.NotSupported(path.Child("apiGroup"), subject.ApiGroup ?? "", Group);
                break;
            default:
                errors.NotSupported(path.Child("kind"), subject.Kind ?? "", SubjectKinds);
                break;
        }
    }
}
