using System.Reflection;
using k8s.Models;

namespace OrleansOrchestrator.Controllers.Objects;

/// <summary>References from a dependent to its owner.</summary>
internal static class OwnerReferences
{
    /// <summary>The reference that the dependents of a controlling owner carry.</summary>
    /// <param name="owner">The owner, of a kind that has a model.</param>
    public static V1OwnerReference ControlledBy(KubeObject owner)
    {
        var kind = owner.GetType().GetCustomAttribute<KubernetesEntityAttribute>()
            ?? throw new ArgumentException($"{owner.GetType()} is no kind.", nameof(owner));
        return new V1OwnerReference
        {
            ApiVersion = kind.Group.Length == 0 ? kind.ApiVersion : $"{kind.Group}/{kind.ApiVersion}",
            Kind = kind.Kind,
            Name = owner.Metadata.Name,
            Uid = owner.Metadata.Uid,
            Controller = true,
            BlockOwnerDeletion = true,
        };
    }

    /// <summary>The group of a group and version; empty for the core group.</summary>
    public static string GroupOf(string? apiVersion)
    {
        var slash = apiVersion?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        return slash < 0 ? "" : apiVersion![..slash];
    }
}
