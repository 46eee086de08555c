using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Aggregation;

/// <inheritdoc cref="IAggregatedApis"/>
internal sealed class AggregatedApis(AggregatedServers servers, ServerClient client) : IAggregatedApis
{
    // As in Kubernetes: one endpoint that hangs does not make a service with others unavailable.
    private const int Attempts = 5;

    private ServerTable Table => servers.Known ?? throw AggregatedServers.NotKnown();

    /// <inheritdoc/>
    public IReadOnlyList<string> VersionsOf(string group) => [.. Table.Servers.Where(server => server.Group == group).Select(server => server.Version)];

    /// <inheritdoc/>
    public async Task<ReadOnlyMemory<byte>> GetAsync(string group, string version, string pathAndQuery, UserInfo user, CancellationToken cancellationToken)
    {
        var server = Table.Find(group, version) ?? throw ApiErrors.NoSuchPath();
        if (!server.IsAvailable)
            throw ApiErrors.ServiceUnavailable("service unavailable");
        var answer = await client.GetAsync(server, pathAndQuery, user, cancellationToken);
        return answer.IsSuccess ? answer.Body : throw ApiErrors.ServiceUnavailable(ServerClient.ErrorOf(answer));
    }

    /// <inheritdoc/>
    public async Task<string?> ProbeAsync(V1APIService api, CancellationToken cancellationToken)
    {
        if (AggregatedServer.Of(api) is not { } server)
            return null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ServerLocator.DiscoveryWithin);
        string? fault = null;
        await foreach (var attempt in Task.WhenEach(Enumerable.Range(0, Attempts).Select(_ => AttemptAsync(server, limit.Token))).WithCancellation(cancellationToken))
        {
            fault = await attempt;
            if (fault is null)
                break;
        }

        await limit.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return fault;
    }

    private async Task<string?> AttemptAsync(AggregatedServer server, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await client.GetAsync(server, server.Root, ServerClient.Aggregator, cancellationToken);
            return answer.IsSuccess ? null : $"failing or missing response from {answer.Address}: bad status from {answer.Address}: {answer.Code}";
        }
        catch (ApiException failed)
        {
            return $"failing or missing response from {failed.Message}";
        }
        catch (OperationCanceledException)
        {
            return $"failing or missing response from {server.HostName}{server.Root}: no answer within {ServerLocator.DiscoveryWithin.TotalSeconds} s";
        }
    }
}
