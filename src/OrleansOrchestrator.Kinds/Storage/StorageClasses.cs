using k8s.Models;
using OrleansOrchestrator.Kinds.Rules;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>What classes of storage mean for claims.</summary>
public static class StorageClasses
{
    /// <summary>The annotation of the class of claims that do not name one.</summary>
    public const string DefaultAnnotation = "storageclass.kubernetes.io/is-default-class";

    /// <summary>The provisioner of classes whose volumes are made by hand.</summary>
    public const string NoProvisioner = "kubernetes.io/no-provisioner";

    /// <summary>The mode of classes whose claims are bound only once the node of their first consumer is known.</summary>
    public const string WaitForFirstConsumer = "WaitForFirstConsumer";

    private const string BetaDefaultAnnotation = "storageclass.beta.kubernetes.io/is-default-class";

    extension(V1StorageClass storage)
    {
        /// <summary>Whether claims that do not name a class get this one.</summary>
        public bool IsDefault => storage.IsTrue(DefaultAnnotation) || storage.IsTrue(BetaDefaultAnnotation);

        /// <summary>Whether a claim is bound only once the node of its first consumer is known.</summary>
        public bool WaitsForConsumer => storage.VolumeBindingMode == WaitForFirstConsumer;

        /// <summary>Whether a volume can be made for a node.</summary>
        /// <param name="labels">The node's labels.</param>
        /// <param name="hasVolumeFolder">Whether the node has a <see cref="LocalPathVolumes.FolderOf"/>.</param>
        public bool CanProvisionOn(IDictionary<string, string> labels, bool hasVolumeFolder) =>
            storage.Provisioner is { Length: > 0 } and not NoProvisioner && (storage.Provisioner != LocalPathVolumes.Provisioner || hasVolumeFolder)
            && storage.AllowsTopologyOf(labels);

        private bool AllowsTopologyOf(IDictionary<string, string> labels) => storage.AllowedTopologies.OrNone().Count == 0
            || storage.AllowedTopologies.Any(term => term.MatchLabelExpressions.OrNone()
                .All(expression => labels.TryGetValue(expression.Key, out var value) && expression.Values.OrNone().Contains(value)));

        private bool IsTrue(string annotation) => storage.Metadata?.Annotations?.TryGetValue(annotation, out var value) is true && value == "true";
    }

    /// <summary>The class of claims that do not name one: of several default classes the newest.</summary>
    public static V1StorageClass? DefaultOf(IEnumerable<V1StorageClass> classes) => classes
        .Where(storage => storage.IsDefault)
        .OrderByDescending(storage => storage.Metadata.CreationTimestamp ?? DateTime.MinValue)
        .ThenBy(storage => storage.Metadata.Name, StringComparer.Ordinal)
        .FirstOrDefault();
}
