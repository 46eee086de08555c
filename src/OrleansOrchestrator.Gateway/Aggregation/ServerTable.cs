using System.Collections.Frozen;
using k8s.Models;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Kinds.ApiRegistration;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <summary>The versions of groups that APIServices speak of: who serves them, and in which order discovery has them.</summary>
internal sealed class ServerTable
{
    private readonly FrozenDictionary<(string Group, string Version), AggregatedServer> _servers;
    private readonly FrozenDictionary<(string Group, string Version), int> _versionPriorities;
    private readonly FrozenDictionary<string, int> _groupPriorities;

    public ServerTable(IReadOnlyCollection<V1APIService> apis)
    {
        var known = apis.Where(api => api.Spec is { Version: not null }).ToList();
        _servers = known.Select(AggregatedServer.Of).OfType<AggregatedServer>().Where(server => MayBeGivenAway(server.Group, server.Version)).ToFrozenDictionary(server => (server.Group, server.Version));
        var priorities = known.Select(api => (Group: api.Spec.Group ?? "", api.Spec.Version, OfGroup: api.Spec.GroupPriorityMinimum, OfVersion: api.Spec.VersionPriority))
            .Concat(BuiltInApis.All.Select(api => (api.Group, api.Version, OfGroup: api.GroupPriority, OfVersion: api.VersionPriority)))
            .DistinctBy(api => (api.Group, api.Version))
            .ToList();
        _versionPriorities = priorities.ToFrozenDictionary(api => (api.Group, api.Version), api => api.OfVersion);
        _groupPriorities = priorities.GroupBy(api => api.Group, StringComparer.Ordinal).ToFrozenDictionary(group => group.Key, group => group.Max(api => api.OfGroup), StringComparer.Ordinal);
        Servers = [.. _servers.Values.OrderByDescending(server => VersionPriority(server.Group, server.Version)).ThenBy(server => server.Root, StringComparer.Ordinal)];
    }

    /// <summary>Nothing but what is built in.</summary>
    public static ServerTable Empty { get; } = new([]);

    /// <summary>The versions that services serve, the preferred ones first.</summary>
    public IReadOnlyList<AggregatedServer> Servers { get; }

    /// <summary>The server of a version; null if this server serves it, or nobody.</summary>
    public AggregatedServer? Find(string group, string version) => _servers.GetValueOrDefault((group, version));

    /// <summary>The server that a request is for; null if it is for this one.</summary>
    public AggregatedServer? Find(RequestInfo info)
    {
        if (Servers.Count == 0)
            return null;
        if (info.IsResource)
            return Find(info.Group, info.Version);
        return FindByPath(info.Path);
    }

    /// <summary>Whether some table has a server for a request.</summary>
    public static bool MayHave(RequestInfo info)
    {
        if (info.IsResource)
            return MayBeGivenAway(info.Group, info.Version);
        return info.Path.Split('/', StringSplitOptions.RemoveEmptyEntries) switch
        {
            ["apis", var group] => BuiltInApis.All.All(api => api.Group != group || api.IsReplaceable),
            ["apis", var group, var version] => MayBeGivenAway(group, version),
            _ => false,
        };
    }

    /// <summary>The server of a version by its path, such as <c>apis/apps/v1</c>.</summary>
    public AggregatedServer? FindByPath(string path) =>
        Servers.Count > 0 && path.Split('/', StringSplitOptions.RemoveEmptyEntries) is ["apis", var group, var version] ? Find(group, version) : null;

    /// <summary>The priority of a group: groups of higher priority come first.</summary>
    public int GroupPriority(string group) => _groupPriorities.GetValueOrDefault(group);

    /// <summary>The priority of a version in its group.</summary>
    public int VersionPriority(string group, string version) => _versionPriorities.GetValueOrDefault((group, version));

    /// <summary>The cluster depends on what it serves itself, so that this cannot be given to a service.</summary>
    private static bool MayBeGivenAway(string group, string version) => BuiltInApis.Find(group, version) is null or { IsReplaceable: true };
}
