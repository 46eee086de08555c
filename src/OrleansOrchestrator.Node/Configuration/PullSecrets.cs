using k8s.Models;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Reads the credentials for registries that a pod names (<c>imagePullSecrets</c>).</summary>
internal sealed class PullSecrets(IConfigurationSource source)
{
    /// <summary>The credentials for an image, the most specific first.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="image">The image.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The credentials, and the names of the secrets that are not there or cannot be read.</returns>
    public async Task<(IReadOnlyList<RegistryCredential> Credentials, IReadOnlyList<string> Missing)> FindAsync(
        V1Pod pod, string image, CancellationToken cancellationToken)
    {
        var found = new List<RegistryCredential>();
        var missing = new List<string>();
        foreach (var name in (pod.Spec.ImagePullSecrets ?? []).Select(reference => reference.Name).Where(name => !string.IsNullOrEmpty(name)))
        {
            if (await ReadAsync(pod.Metadata.NamespaceProperty, name, cancellationToken) is { } secret && TryParse(secret) is { } credentials)
                found.AddRange(credentials);
            else
                missing.Add(name);
        }

        return ([.. RegistryConfig.For(image, found)], missing);
    }

    /// <summary>A secret; null if it is not there, or the API does not give it: the registry may give the image without it.</summary>
    private async Task<V1Secret?> ReadAsync(string ns, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await source.GetSecretAsync(ns, name, cancellationToken);
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    // What cannot be read is as good as missing.
    private static IReadOnlyList<RegistryCredential>? TryParse(V1Secret secret) =>
        secret.Data?.TryGetValue(".dockerconfigjson", out var config) == true ? RegistryConfig.TryParse(config, isOld: false)
        : secret.Data?.TryGetValue(".dockercfg", out var old) == true ? RegistryConfig.TryParse(old, isOld: true)
        : null;
}
