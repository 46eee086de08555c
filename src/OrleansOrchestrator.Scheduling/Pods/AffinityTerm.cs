using k8s.Models;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Scheduling.Matching;

namespace OrleansOrchestrator.Scheduling.Pods;

/// <summary>What a pod affinity term does with the nodes of the domains where matching pods run.</summary>
internal enum AffinityKind
{
    /// <summary>The pod must run in such a domain.</summary>
    RequiredAffinity,

    /// <summary>The pod must not run in such a domain.</summary>
    RequiredAntiAffinity,

    /// <summary>The pod would rather run there; with a negative weight, rather not.</summary>
    Preferred,
}

/// <summary>A compiled term of a pod's affinity or anti-affinity to other pods.</summary>
/// <param name="Kind">Whether it demands, forbids or prefers.</param>
/// <param name="Pods">The pods it means.</param>
/// <param name="TopologyKey">The node label whose values divide the cluster into domains.</param>
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

    /// <summary>The fields of a pod that terms are made of.</summary>
    public sealed record Source(string Namespace, V1PodAffinity? Affinity, V1PodAntiAffinity? AntiAffinity)
    {
        /// <summary>Selects them; null if the pod has none.</summary>
        public static Source? Of(V1Pod pod) =>
            pod.Spec.Affinity is { } affinity && (affinity.PodAffinity is not null || affinity.PodAntiAffinity is not null)
                ? new Source(pod.Metadata.NamespaceProperty ?? "", affinity.PodAffinity, affinity.PodAntiAffinity)
                : null;
    }
}
