using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.StatefulSets;

/// <summary>
/// The names by which a StatefulSet knows its pods and their claims: <c>set-ordinal</c> and <c>template-set-ordinal</c>. They
/// are all that ties a new pod to the storage of the one before it.
/// </summary>
internal static class StatefulNames
{
    /// <summary>The most pods of one plan, and so the most ordinals without a pod that are looked at.</summary>
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

        /// <summary>The ordinal that a pod's name says; null if it is no name of the set's pods.</summary>
        public int? OrdinalOf(string? podName) => podName is not null && podName.StartsWith(set.Metadata.Name + "-", StringComparison.Ordinal)
            ? ReadOrdinal(podName.AsSpan(set.Metadata.Name.Length + 1))
            : null;

        /// <summary>The claim of a pod to the volume of a template.</summary>
        public ObjectKey ClaimOf(V1PersistentVolumeClaim template, int ordinal) =>
            new(set.Metadata.NamespaceProperty ?? "", $"{template.Metadata?.Name}-{set.PodName(ordinal)}");

        /// <summary>The lowest wanted ordinals that have no pod, at most as many as one plan creates.</summary>
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

    /// <summary>The number that a text is; null if it is none, or not as it is written in names.</summary>
    public static int? ReadOrdinal(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal) && (text.Length == 1 || text[0] != '0') ? ordinal : null;
}
