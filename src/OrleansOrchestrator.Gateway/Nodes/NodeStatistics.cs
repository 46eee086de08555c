using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Statistics;

namespace OrleansOrchestrator.Gateway.Nodes;

/// <inheritdoc cref="INodeStatistics"/>
internal sealed class NodeStatistics(NodeClient client) : INodeStatistics
{
    // Several kilobytes for each of a hundred pods.
    private const int AnswerBytesMax = 4 * 1024 * 1024;

    /// <inheritdoc/>
    public async Task<StatsSummary> ReadAsync(V1Node node, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await client.GetAsync(NodeEndpoint.Of(node), StatsSummary.Path, cancellationToken);
            await response.Content.LoadIntoBufferAsync(AnswerBytesMax, cancellationToken);
            return JsonSerializer.Deserialize<StatsSummary>(await response.Content.ReadAsByteArrayAsync(cancellationToken), JsonSerializerOptions.Web)
                ?? throw new JsonException("the answer is null");
        }
        catch (NodeRefusedException refused)
        {
            throw refused.ToApi();
        }
        catch (Exception malformed) when (malformed is JsonException or HttpRequestException or IOException)
        {
            throw ApiErrors.ServiceUnavailable($"the daemon of node \"{node.Metadata.Name}\" gave no proper answer: {malformed.Message}");
        }
    }
}
