using k8s.Models;

namespace OrleansOrchestrator.Kinds.Storage;

/// <summary>What classes of storage mean for claims.</summary>
public static class StorageClasses
{
    /// <summary>The annotation of the class of claims that do not name one.</summary>
    public const string DefaultAnnotation = "storageclass.kubernetes.io/is-default-class";

    /// <summary>The provisioner of classes whose volumes are made by hand.</summary>
    public const string NoProvisioner = "kubernetes.io/no-provisioner";

    private const string BetaDefaultAnnotation = "storageclass.beta.kubernetes.io/is-default-class";

    extension(V1StorageClass storage)
    {
        /// <summary>Whether claims that do not name a class get this one.</summary>
        public bool IsDefault => storage.IsTrue(DefaultAnnotation) || storage.IsTrue(BetaDefaultAnnotation);

        /// <summary>Whether a claim is bound only once the node of its first consumer is known.</summary>
        public bool WaitsForConsumer => storage.VolumeBindingMode == "WaitForFirstConsumer";

        private bool IsTrue(string annotation) => storage.Metadata?.Annotations?.TryGetValue(annotation, out var value) is true && value == "true";
    }

    /// <summary>The class of claims that do not name one: of several default classes the newest.</summary>
    public static V1StorageClass? DefaultOf(IEnumerable<V1StorageClass> classes) => classes
        .Where(storage => storage.IsDefault)
        .OrderByDescending(storage => storage.Metadata.CreationTimestamp ?? DateTime.MinValue)
        .ThenBy(storage => storage.Metadata.Name, StringComparer.Ordinal)
        .FirstOrDefault();
}
