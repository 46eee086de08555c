using System.Collections.Immutable;
using OrleansOrchestrator.Gateway.Aggregation;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>What a server behind this one has said of its version.</summary>
/// <param name="Resources">Its resources by name.</param>
/// <param name="OpenApiHash">The hash of its OpenAPI 3 document; null if it has none.</param>
internal sealed record ServerDescription(IReadOnlyList<ServedResource> Resources, string? OpenApiHash)
{
    /// <summary>The description of a server that has never answered.</summary>
    public static ServerDescription Unknown { get; } = new([], null);

    /// <summary>Whether the server has not answered since.</summary>
    public bool IsStale { get; init; }

    /// <summary>The hash of the answers that say all of this.</summary>
    public string Source { get; init; } = "";
}

/// <summary>The servers behind this one, and what they have said.</summary>
/// <param name="Table">The servers.</param>
/// <param name="ByServer">What each has said, by the path of its version.</param>
internal sealed record ServerDescriptions(ServerTable Table, ImmutableDictionary<string, ServerDescription> ByServer)
{
    /// <summary>No servers.</summary>
    public static ServerDescriptions None { get; } = new(ServerTable.Empty, ImmutableDictionary.Create<string, ServerDescription>(StringComparer.Ordinal));

    /// <summary>The versions that they serve. One that has not answered yet has no resources.</summary>
    public IEnumerable<ServedGroupVersion> Versions =>
        from server in Table.Servers
        let description = Of(server)
        select new ServedGroupVersion(server.Group, server.Version, description.Resources) { IsStale = description.IsStale || !server.IsAvailable };

    /// <summary>What a server has said.</summary>
    public ServerDescription Of(AggregatedServer server) => ByServer.GetValueOrDefault(server.Root) ?? ServerDescription.Unknown with { IsStale = true };
}
