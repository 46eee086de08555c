using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Rbac;

/// <summary>A role as bindings refer to it. All of them share one, so that a change of the role concerns no binding.</summary>
/// <param name="key">The role's key; without a namespace for a role of the cluster.</param>
internal sealed class RoleSlot(ObjectKey key)
{
    private CompiledRules? _rules;

    /// <summary>The role's key.</summary>
    public ObjectKey Key => key;

    /// <summary>The rules; null if there is no such role.</summary>
    public CompiledRules? Rules
    {
        get => Volatile.Read(ref _rules);
        set => Volatile.Write(ref _rules, value);
    }

    /// <summary>How many bindings refer to the role.</summary>
    public int BindingCount { get; set; }

    /// <summary>Whether bindings refer to it, and it does not exist.</summary>
    public bool IsMissing => Rules is null && BindingCount > 0;

    /// <summary>What is to be said of a role that does not exist.</summary>
    public string WhyMissing => $"{(key.Namespace.Length == 0 ? "clusterrole" : "role")}.rbac.authorization.k8s.io {GoSyntax.Quote(key.Name)} not found";
}

/// <summary>The users that a subject of a binding means: one user, or a group.</summary>
/// <param name="IsGroup">Whether it is a group.</param>
/// <param name="Name">The user's or group's name.</param>
internal readonly record struct BoundSubject(bool IsGroup, string Name)
{
    /// <summary>Reads a subject; null if it means nobody.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="bindingNamespace">The binding's namespace, which is that of accounts without one; empty for a binding of the cluster.</param>
    public static BoundSubject? Of(Rbacv1Subject subject, string bindingNamespace) => (subject.Kind, subject.Name) switch
    {
        (_, null or "") => null,
        ("User", var name) => new BoundSubject(false, name),
        ("Group", var name) => new BoundSubject(true, name),
        ("ServiceAccount", var name) when NamespaceOf(subject, bindingNamespace) is { Length: > 0 } space => new BoundSubject(false, ServiceAccountName.Of(space, name)),
        _ => null,
    };

    /// <summary>The namespace of an account.</summary>
    public static string NamespaceOf(Rbacv1Subject subject, string bindingNamespace) =>
        string.IsNullOrEmpty(subject.NamespaceProperty) ? bindingNamespace : subject.NamespaceProperty;
}

/// <summary>A role that a binding grants to one of its subjects.</summary>
/// <param name="binding">The binding's key; without a namespace for a binding of the cluster.</param>
/// <param name="role">The role.</param>
/// <param name="subject">The subject.</param>
internal sealed class BoundRole(ObjectKey binding, RoleSlot role, Rbacv1Subject subject)
{
    private string? _reason;

    /// <summary>The binding's key.</summary>
    public ObjectKey Binding => binding;

    /// <summary>The role.</summary>
    public RoleSlot Role => role;

    /// <summary>Why something is allowed, in the words of Kubernetes, with the namespace after the name.</summary>
    public string Reason => _reason ??= $"RBAC: allowed by {BindingText} of {(role.Key.Namespace.Length == 0 ? "ClusterRole" : "Role")} {GoSyntax.Quote(role.Key.Name)} to {SubjectText}";

    private string BindingText => binding.Namespace.Length == 0
        ? $"ClusterRoleBinding {GoSyntax.Quote(binding.Name)}"
        : $"RoleBinding {GoSyntax.Quote($"{binding.Name}/{binding.Namespace}")}";

    private string SubjectText => subject.Kind == "ServiceAccount"
        ? $"ServiceAccount {GoSyntax.Quote($"{subject.Name}/{BoundSubject.NamespaceOf(subject, binding.Namespace)}")}"
        : $"{subject.Kind} {GoSyntax.Quote(subject.Name)}";
}
