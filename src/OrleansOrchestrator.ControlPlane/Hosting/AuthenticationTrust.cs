using k8s.Models;

namespace OrleansOrchestrator.ControlPlane.Hosting;

/// <summary>
/// What API servers behind this one read to trust it: the authority of client certificates, and whose requests may name their users in
/// headers.
/// </summary>
/// <param name="Data">The data of the config map; null if there is none.</param>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/</remarks>
public sealed record AuthenticationTrust(IReadOnlyDictionary<string, string>? Data)
{
    /// <summary>The namespace of the config map.</summary>
    public const string Namespace = "kube-system";

    /// <summary>The name of the config map.</summary>
    public const string Name = "extension-apiserver-authentication";

    /// <summary>The common name of the client certificate with which requests are passed on.</summary>
    public const string ProxyUser = "front-proxy-client";

    /// <summary>The header of a passed request that names its user.</summary>
    public const string UserHeader = "X-Remote-User";

    /// <summary>The headers that name the groups of the user.</summary>
    public const string GroupHeader = "X-Remote-Group";

    /// <summary>The beginning of the headers with further attributes of the user.</summary>
    public const string ExtraHeaderPrefix = "X-Remote-Extra-";

    /// <summary>What the options of a silo say.</summary>
    public static AuthenticationTrust Of(ControlPlaneOptions options) => new(
        options is not { RootCertificatePem: { } root, FrontProxyCertificatePem: { } proxy } ? null : new Dictionary<string, string>
        {
            ["client-ca-file"] = root,
            ["requestheader-client-ca-file"] = proxy,
            ["requestheader-allowed-names"] = $"[\"{ProxyUser}\"]",
            ["requestheader-username-headers"] = $"[\"{UserHeader}\"]",
            ["requestheader-group-headers"] = $"[\"{GroupHeader}\"]",
            ["requestheader-extra-headers-prefix"] = $"[\"{ExtraHeaderPrefix}\"]",
        });

    /// <summary>The config map of a new cluster.</summary>
    public V1ConfigMap ToConfigMap() => new()
    {
        Metadata = new V1ObjectMeta { Name = Name, NamespaceProperty = Namespace },
        Data = new Dictionary<string, string>(Data!),
    };

    /// <summary>Restores the values in a config map. Others stay.</summary>
    /// <returns>The subresource to write; null if nothing changed.</returns>
    internal string? Repair(V1ConfigMap map)
    {
        if (Data!.All(entry => map.Data?.TryGetValue(entry.Key, out var value) is true && value == entry.Value))
            return null;
        map.Data = new Dictionary<string, string>(map.Data ?? new Dictionary<string, string>());
        foreach (var (key, value) in Data!)
            map.Data[key] = value;
        return "";
    }
}
