using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// The names of a StatefulSet's pods, <c>set-ordinal</c>, and of their claims, <c>template-set-ordinal</c>. Only these names
/// connect a new pod with the storage of its predecessor.
/// </summary>
internal static class StatefulNames
{
    /// <summary>The most pods that one plan writes, and so the most ordinals without a pod that it looks at.</summary>
    public const int BurstMax = 500;

    extension(V1StatefulSet set)
    {
        /// <summary>The ordinal of the first pod.</summary>
        public int FirstOrdinal => set.Spec.Ordinals?.Start ?? 0;

        /// <summary>How many pods are wanted.</summary>
        public int WantedReplicas => set.Spec.Replicas ?? 1;

        /// <summary>Whether the set wants a pod of an ordinal.</summary>
        public bool Wants(int ordinal) => ordinal >= set.FirstOrdinal && ordinal - set.FirstOrdinal < set.WantedReplicas;

        /// <summary>The name of a pod.</summary>
        public string PodName(int ordinal) => string.Create(CultureInfo.InvariantCulture, $"{set.Metadata.Name}-{ordinal}");

        /// <summary>The ordinal in a pod's name; null if the name does not belong to a pod of the set.</summary>
        public int? OrdinalOf(string? podName) => podName is not null && podName.StartsWith(set.Metadata.Name + "-", StringComparison.Ordinal)
            ? ReadOrdinal(podName.AsSpan(set.Metadata.Name.Length + 1))
            : null;

        /// <summary>The claim of an ordinal for a claim template.</summary>
        public ObjectKey ClaimOf(V1PersistentVolumeClaim template, int ordinal) =>
            new(set.Metadata.NamespaceProperty ?? "", $"{template.Metadata?.Name}-{set.PodName(ordinal)}");

        /// <summary>The lowest wanted ordinals without a pod, at most as many as one plan creates.</summary>
        public IEnumerable<int> Missing(ICollection<int> present)
        {
            var end = Math.Min((long)set.FirstOrdinal + set.WantedReplicas, int.MaxValue);
            var count = 0;
            for (long ordinal = set.FirstOrdinal; ordinal < end && count < BurstMax; ordinal++)
            {
                if (present.Contains((int)ordinal))
                    continue;
                count++;
                yield return (int)ordinal;
            }
        }
    }

    /// <summary>The ordinal in a text; null if it is no number, or has leading zeros.</summary>
    public static int? ReadOrdinal(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) && (text.Length == 1 || text[0] != '0') ? ordinal : null;
}
