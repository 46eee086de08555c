using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads each object from the API when it is needed, so that a pod starts with its present state.</summary>
internal sealed class ApiConfigurationSource(ClusterConnection api) : IConfigurationSource, IClaimSource
{
    public Task<V1ConfigMap?> GetConfigMapAsync(string ns, string name, CancellationToken cancellationToken) =>
        FindAsync<V1ConfigMap>(ResourcePath.ConfigMap(ns, name), cancellationToken);

    public Task<V1Secret?> GetSecretAsync(string ns, string name, CancellationToken cancellationToken) =>
        FindAsync<V1Secret>(ResourcePath.Secret(ns, name), cancellationToken);

    public Task<V1PersistentVolumeClaim?> GetClaimAsync(string ns, string name, CancellationToken cancellationToken) =>
        FindAsync<V1PersistentVolumeClaim>(ResourcePath.PersistentVolumeClaim(ns, name), cancellationToken);

    public Task<V1PersistentVolume?> GetVolumeAsync(string name, CancellationToken cancellationToken) =>
        FindAsync<V1PersistentVolume>(ResourcePath.PersistentVolume(name), cancellationToken);

    public Task<V1Node?> GetNodeAsync(string name, CancellationToken cancellationToken) =>
        FindAsync<V1Node>(ResourcePath.Node(name), cancellationToken);

    private async Task<T?> FindAsync<T>(string path, CancellationToken cancellationToken) where T : class
    {
        try
        {
            return await api.GetAsync<T>(path, cancellationToken);
        }
        catch (ApiException exception) when (exception.IsNotFound)
        {
            return null;
        }
    }
}
