using k8s.Models;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>The effect of a pod affinity term on nodes in domains with matching pods.</summary>
internal enum AffinityKind
{
    /// <summary>The pod must run in such a domain.</summary>
    RequiredAffinity,

    /// <summary>The pod must not run in such a domain.</summary>
    RequiredAntiAffinity,

    /// <summary>The pod prefers such a domain; with a negative weight it avoids it.</summary>
    Preferred,
}

/// <summary>A compiled affinity or anti-affinity term to other pods.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Pods">The matching pods.</param>
/// <param name="TopologyKey">The node label whose values are the domains.</param>
/// <param name="Weight">The weight of a preference, negative for anti-affinity; zero for requirements.</param>
internal sealed record AffinityTerm(AffinityKind Kind, PodPredicate Pods, string TopologyKey, int Weight)
{
    public static AffinityTerm[] From(Source source)
    {
        var (ownNamespace, affinity, anti) = source;
        return
        [
            .. (affinity?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Select(term => Compile(AffinityKind.RequiredAffinity, term, 0)),
            .. (anti?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Select(term => Compile(AffinityKind.RequiredAntiAffinity, term, 0)),
            .. (affinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
                .Select(preference => Compile(AffinityKind.Preferred, preference.PodAffinityTerm, preference.Weight)),
            .. (anti?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
                .Select(preference => Compile(AffinityKind.Preferred, preference.PodAffinityTerm, -preference.Weight)),
        ];

        AffinityTerm Compile(AffinityKind kind, V1PodAffinityTerm term, int weight)
        {
            IEnumerable<string> namespaces = term.Namespaces is { Count: > 0 } listed
                ? listed
                : term.NamespaceSelector is null ? [ownNamespace] : [];
            var namespaceSelector = term.NamespaceSelector is null ? null : LabelSelector.From(term.NamespaceSelector);
            var pods = new PodPredicate(namespaces, namespaceSelector, LabelSelector.From(term.LabelSelector), ignoresTerminating: false);
            return new AffinityTerm(kind, pods, term.TopologyKey, weight);
        }
    }

    /// <summary>The fields of a pod from which terms are compiled.</summary>
    public sealed record Source(string Namespace, V1PodAffinity? Affinity, V1PodAntiAffinity? AntiAffinity)
    {
        /// <summary>Selects the fields; null if the pod has none.</summary>
        public static Source? Of(V1Pod pod) =>
            pod.Spec.Affinity is { } affinity && (affinity.PodAffinity is not null || affinity.PodAntiAffinity is not null)
                ? new Source(pod.Metadata.NamespaceProperty ?? "", affinity.PodAffinity, affinity.PodAntiAffinity)
                : null;
    }
}
