using k8s.Models;

namespace OrleansOrchestrator.Controllers.CustomResources;

/// <summary>Why the names of a definition cannot be accepted: another definition of the group has been accepted with one of them.</summary>
/// <param name="Reason">The condition's reason.</param>
/// <param name="Message">The condition's message.</param>
internal sealed record NameConflict(string Reason, string Message)
{
    /// <summary>The first conflict with the accepted names of other definitions; null if there is none.</summary>
    public static NameConflict? Find(V1CustomResourceDefinition crd, IReadOnlyList<V1CustomResourceDefinition> others)
    {
        var names = crd.Spec.Names;
        var accepted = others.Select(other => other.Status?.AcceptedNames).OfType<V1CustomResourceDefinitionNames>().ToList();
        var resources = accepted
            .SelectMany(other => (IEnumerable<string?>)[other.Plural, other.Singular, .. other.ShortNames ?? []])
            .Where(name => !string.IsNullOrEmpty(name))
            .ToHashSet(StringComparer.Ordinal);
        var kinds = accepted
            .SelectMany(other => (IEnumerable<string?>)[other.Kind, other.ListKind])
            .Where(name => !string.IsNullOrEmpty(name))
            .ToHashSet(StringComparer.Ordinal);

        if (resources.Contains(names.Plural))
            return new NameConflict("PluralConflict", $"\"{names.Plural}\" is already in use");
        if (resources.Contains(names.Singular))
            return new NameConflict("SingularConflict", $"\"{names.Singular}\" is already in use");
        if ((names.ShortNames ?? []).FirstOrDefault(resources.Contains) is { } shortName)
            return new NameConflict("ShortNamesConflict", $"\"{shortName}\" is already in use");
        if (kinds.Contains(names.Kind))
            return new NameConflict("KindConflict", $"\"{names.Kind}\" is already in use");
        return kinds.Contains(names.ListKind) ? new NameConflict("ListKindConflict", $"\"{names.ListKind}\" is already in use") : null;
    }
}
