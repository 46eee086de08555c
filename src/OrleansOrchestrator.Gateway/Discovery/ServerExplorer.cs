using System.Security.Cryptography;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Gateway.Aggregation;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>
/// Asks the servers behind this one what they have: each by itself, when it becomes available and every now and then. A request for
/// discovery never waits for any of them.
/// </summary>
internal sealed class ServerExplorer(AggregatedServers servers, ServerClient client, TimeProvider time, ILogger<ServerExplorer> logger) : BackgroundService
{
    private const string OpenApiPath = "/openapi/v3";

    // As kube-aggregator.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Exploration> _explorations = new(StringComparer.Ordinal);
    private ServerDescriptions _current = ServerDescriptions.None;

    /// <summary>The present servers, and what they have said.</summary>
    public ServerDescriptions Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var loop = new SupervisedLoop("API server explorer", FollowAsync, time, logger);
        servers.Changed += loop.Signal;
        try
        {
            await loop.RunAsync(stoppingToken);
        }
        finally
        {
            servers.Changed -= loop.Signal;
            await Task.WhenAll(_explorations.Values.Select(exploration => exploration.DisposeAsync().AsTask()));
        }
    }

    /// <summary>Begins to ask new and changed servers, and forgets those that are gone.</summary>
    private async Task<TimeSpan?> FollowAsync(CancellationToken cancellationToken)
    {
        var table = servers.Table;
        lock (_lock)
        {
            var gone = _current.ByServer.Keys.Where(root => table.Servers.All(server => server.Root != root));
            Volatile.Write(ref _current, new ServerDescriptions(table, _current.ByServer.RemoveRange(gone.ToList())));
        }

        foreach (var (root, exploration) in _explorations.ToList())
        {
            if (table.Servers.Contains(exploration.Server))
                continue;
            _explorations.Remove(root);
            await exploration.DisposeAsync();
        }

        foreach (var server in table.Servers.Where(server => server.IsAvailable && !_explorations.ContainsKey(server.Root)))
            _explorations[server.Root] = new Exploration(server, new SupervisedLoop($"exploration of {server.Root}", stopping => ExploreAsync(server, stopping), time, logger));
        return null;
    }

    private async Task<TimeSpan?> ExploreAsync(AggregatedServer server, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ServerLocator.DiscoveryWithin);
        try
        {
            var description = await AskAsync(server, limit.Token);
            Publish(server, present => present?.Source == description.Source && !present.IsStale ? present : description);
            return Period;
        }
        catch (Exception failed) when (failed is ApiException or JsonException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            Publish(server, present => present is { IsStale: true } ? present : (present ?? ServerDescription.Unknown) with { IsStale = true });
            return RetryPeriod;
        }
    }

    private async Task<ServerDescription> AskAsync(AggregatedServer server, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(server, server.Root, ServerClient.Aggregator, cancellationToken);
        if (!answer.IsSuccess)
            throw ApiErrors.ServiceUnavailable(ServerClient.ErrorOf(answer));
        var openApi = await FindOpenApiAsync(server, cancellationToken);
        return new ServerDescription(ResourcesOf(server, ObjectCodec.Decode<V1APIResourceList>(answer.Body)), openApi)
        {
            Source = Convert.ToHexString(SHA256.HashData(answer.Body)) + openApi,
        };
    }

    /// <summary>Finds the hash of the server's document in its index. Not every server has OpenAPI 3.</summary>
    private async Task<string?> FindOpenApiAsync(AggregatedServer server, CancellationToken cancellationToken)
    {
        var answer = await client.GetAsync(server, OpenApiPath, ServerClient.Aggregator, cancellationToken);
        if (!answer.IsSuccess)
            return null;
        using var index = JsonDocument.Parse(answer.Body);
        if (index.RootElement is not { ValueKind: JsonValueKind.Object } root
            || !root.TryGetProperty("paths", out var paths) || paths.ValueKind != JsonValueKind.Object
            || !paths.TryGetProperty(server.Root[1..], out var entry) || entry.ValueKind != JsonValueKind.Object
            || !entry.TryGetProperty("serverRelativeURL", out var url) || url.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        var query = url.GetString()!.Split('?', 2) is [_, var after] ? after : "";
        return query.Split('&').FirstOrDefault(part => part.StartsWith("hash=", StringComparison.Ordinal))?["hash=".Length..] ?? "";
    }

    private static IReadOnlyList<ServedResource> ResourcesOf(AggregatedServer server, V1APIResourceList list)
    {
        var named = (list.Resources ?? []).Where(resource => resource is { Name.Length: > 0 }).DistinctBy(resource => resource.Name, StringComparer.Ordinal).ToList();
        var parts = named.Where(resource => resource.Name.Contains('/', StringComparison.Ordinal))
            .ToLookup(resource => resource.Name.Split('/', 2)[0], resource => new ServedSubresource(
                resource.Name.Split('/', 2)[1], resource.Group ?? server.Group, resource.Version ?? server.Version, resource.Kind ?? "", VerbsOf(resource)), StringComparer.Ordinal);
        return
        [
            .. named.Where(resource => !resource.Name.Contains('/', StringComparison.Ordinal)).OrderBy(resource => resource.Name, StringComparer.Ordinal)
                .Select(resource => new ServedResource(
                    resource.Name,
                    resource.SingularName ?? "",
                    resource.Kind ?? "",
                    resource.Namespaced,
                    [.. resource.ShortNames ?? []],
                    [.. resource.Categories ?? []],
                    VerbsOf(resource),
                    [.. parts[resource.Name].OrderBy(part => part.Name, StringComparer.Ordinal)])),
        ];
    }

    private static IReadOnlyList<string> VerbsOf(V1APIResource resource) => [.. resource.Verbs ?? []];

    private void Publish(AggregatedServer server, Func<ServerDescription?, ServerDescription> next)
    {
        lock (_lock)
        {
            var present = _current.ByServer.GetValueOrDefault(server.Root);
            var description = next(present);
            if (!ReferenceEquals(description, present) && _current.Table.Servers.Contains(server))
                Volatile.Write(ref _current, _current with { ByServer = _current.ByServer.SetItem(server.Root, description) });
        }
    }

    /// <summary>Asks one server again and again.</summary>
    private sealed class Exploration : IAsyncDisposable
    {
        private readonly SupervisedLoop _loop;

        public Exploration(AggregatedServer server, SupervisedLoop loop)
        {
            Server = server;
            _loop = loop;
            loop.Signal();
        }

        public AggregatedServer Server { get; }

        public ValueTask DisposeAsync() => _loop.DisposeAsync();
    }
}
