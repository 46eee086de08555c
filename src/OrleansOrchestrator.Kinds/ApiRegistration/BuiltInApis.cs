using System.Collections.Frozen;

namespace OrleansOrchestrator.Kinds.ApiRegistration;

/// <summary>A version of a group that the cluster itself serves.</summary>
/// <param name="Group">The group; empty for core.</param>
/// <param name="Version">The version.</param>
/// <param name="GroupPriority">Groups of higher priority come first in discovery.</param>
/// <param name="VersionPriority">Versions of higher priority come first in their group.</param>
public sealed record BuiltInApi(string Group, string Version, int GroupPriority, int VersionPriority)
{
    /// <summary>
    /// Whether an APIService may give the version to a service. No other built-in one can be given away: the cluster itself depends on
    /// them.
    /// </summary>
    public bool IsReplaceable { get; init; }

    /// <summary>Whether an APIService says that it is served. The group of APIServices has none, as in Kubernetes.</summary>
    public bool IsRegistered { get; init; } = true;
}

/// <summary>The versions that the cluster itself serves, with the priorities that they have in kube-apiserver.</summary>
public static class BuiltInApis
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<BuiltInApi> All { get; } =
    [
        new("", "v1", 18000, 1),
        new("apps", "v1", 17800, 15),
        new("events.k8s.io", "v1", 17750, 15),
        new("authentication.k8s.io", "v1", 17700, 15),
        new("authorization.k8s.io", "v1", 17600, 15),
        new("autoscaling", "v2", 17500, 30),
        new("autoscaling", "v1", 17500, 15),
        new("batch", "v1", 17400, 15),
        new("certificates.k8s.io", "v1", 17300, 15),
        new("networking.k8s.io", "v1", 17200, 15),
        new("policy", "v1", 17100, 15),
        new("rbac.authorization.k8s.io", "v1", 17000, 15),
        new("storage.k8s.io", "v1", 16800, 15),
        new("apiregistration.k8s.io", "v1", 20000, 15) { IsRegistered = false },
        new("apiextensions.k8s.io", "v1", 16700, 15),
        new("admissionregistration.k8s.io", "v1", 16700, 15),
        new("scheduling.k8s.io", "v1", 16600, 15),
        new("coordination.k8s.io", "v1", 16500, 15),
        new("node.k8s.io", "v1", 16300, 15),
        new("discovery.k8s.io", "v1", 16200, 15),
        new("flowcontrol.apiserver.k8s.io", "v1", 16100, 21),
        // As the APIService of metrics-server, which may take its place.
        new("metrics.k8s.io", "v1beta1", 100, 100) { IsReplaceable = true },
    ];

    private static readonly FrozenDictionary<(string Group, string Version), BuiltInApi> ByVersion = All.ToFrozenDictionary(api => (api.Group, api.Version));

    /// <summary>Finds a version; null if it is not built in.</summary>
    public static BuiltInApi? Find(string group, string version) => ByVersion.GetValueOrDefault((group, version));
}
