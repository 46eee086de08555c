using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads the ConfigMaps and Secrets that pods of this node refer to.</summary>
internal interface IConfigurationSource
{
    /// <summary>Returns the ConfigMap, or null if it does not exist.</summary>
    Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken);

    /// <summary>Returns the Secret, or null if it does not exist.</summary>
    Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken);
}
