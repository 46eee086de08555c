using System.Text;
using k8s.Models;

namespace OrleansOrchestrator.Node.Configuration;

/// <summary>Resolves the environment of a container: services, <c>envFrom</c>, then <c>env</c> in order.</summary>
internal sealed class EnvironmentBuilder(IConfigurationSource source, ResourceField resources, ServiceEnvironment serviceEnvironment)
{
    /// <param name="pod">The pod, with its addresses in its status.</param>
    /// <param name="container">The container.</param>
    /// <param name="services">The services of the cluster.</param>
    /// <param name="input">Limits the size of the variables.</param>
    /// <param name="cancellationToken">Cancels the look-ups.</param>
    /// <returns>Names and values. A later value of a name replaces an earlier one.</returns>
    /// <exception cref="ConfigurationException">A required ConfigMap, Secret, key or field is missing, or the environment is too
    /// large.</exception>
    public async Task<IReadOnlyDictionary<string, string>> BuildAsync(
        V1Pod pod, V1Container container, IEnumerable<V1Service> services, ProgramInput input, CancellationToken cancellationToken)
    {
        var result = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        var ns = pod.Metadata.NamespaceProperty;
        foreach (var (name, value) in serviceEnvironment.Build(services, ns, pod.Spec.EnableServiceLinks ?? true))
            input.Set(name, value, result);
        foreach (var from in container.EnvFrom ?? [])
            await AddAllAsync(result, input, ns, from, cancellationToken);

        // References see the variables defined so far, including those of services.
        foreach (var variable in container.Env ?? [])
        {
            var value = variable.ValueFrom is { } from
                ? await ReadAsync(pod, container, from, cancellationToken)
                : VariableExpansion.Expand(variable.Value ?? "", result);
            if (value is not null)
                input.Set(variable.Name, value, result);
        }

        return result;
    }

    private async Task AddAllAsync(
        OrderedDictionary<string, string> result, ProgramInput input, string ns, V1EnvFromSource from, CancellationToken cancellationToken)
    {
        if (from.ConfigMapRef is { } map)
        {
            foreach (var (key, value) in (await ConfigMapAsync(ns, map.Name, map.Optional, cancellationToken))?.Data ?? Empty)
                input.Set(from.Prefix + key, value, result);
        }

        if (from.SecretRef is { } secret)
        {
            foreach (var (key, value) in (await SecretAsync(ns, secret.Name, secret.Optional, cancellationToken))?.Data ?? NoBytes)
                input.Set(from.Prefix + key, Encoding.UTF8.GetString(value), result);
        }
    }

    private async Task<string?> ReadAsync(
        V1Pod pod, V1Container container, V1EnvVarSource from, CancellationToken cancellationToken)
    {
        var ns = pod.Metadata.NamespaceProperty;
        if (from.FieldRef is { } field)
            return PodField.Read(pod, field.FieldPath);
        if (from.ResourceFieldRef is { } resource)
            return resources.Read(string.IsNullOrEmpty(resource.ContainerName) ? container : PodContainer.Named(pod, resource.ContainerName), resource.Resource, resource.Divisor);
        if (from.ConfigMapKeyRef is { } map)
        {
            var found = await ConfigMapAsync(ns, map.Name, map.Optional, cancellationToken);
            return found?.Data is { } data && data.TryGetValue(map.Key, out var text)
                ? text
                : Missing(map.Optional, $"couldn't find key {map.Key} in ConfigMap {ns}/{map.Name}");
        }

        if (from.SecretKeyRef is { } secret)
        {
            var found = await SecretAsync(ns, secret.Name, secret.Optional, cancellationToken);
            return found?.Data is { } data && data.TryGetValue(secret.Key, out var bytes)
                ? Encoding.UTF8.GetString(bytes)
                : Missing(secret.Optional, $"couldn't find key {secret.Key} in Secret {ns}/{secret.Name}");
        }

        return "";
    }

    private async Task<V1ConfigMap?> ConfigMapAsync(
        string ns, string name, bool? optional, CancellationToken cancellationToken)
    {
        var found = await source.GetConfigMapAsync(ns, name, cancellationToken);
        if (found is null)
            Missing(optional, $"configmap \"{name}\" not found");
        return found;
    }

    private async Task<V1Secret?> SecretAsync(string ns, string name, bool? optional, CancellationToken cancellationToken)
    {
        var found = await source.GetSecretAsync(ns, name, cancellationToken);
        if (found is null)
            Missing(optional, $"secret \"{name}\" not found");
        return found;
    }

    private static string? Missing(bool? optional, string message) =>
        optional == true ? null : throw new ConfigurationException(message);

    private static readonly Dictionary<string, string> Empty = [];
    private static readonly Dictionary<string, byte[]> NoBytes = [];
}
