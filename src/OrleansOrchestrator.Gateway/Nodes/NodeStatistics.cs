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
            var summary = JsonSerializer.Deserialize<StatsSummary>(await response.Content.ReadAsByteArrayAsync(cancellationToken), JsonSerializerOptions.Web);
            return summary is not null && IsWhole(summary) ? summary : throw new JsonException("the answer lacks something");
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

    /// <summary>Whether an answer has what its type promises: the deserializer leaves out what the text does not have.</summary>
    private static bool IsWhole(StatsSummary summary) =>
        summary is { Node.NodeName: not null, Pods: not null }
        && summary.Pods.All(pod => pod is { PodRef.Uid: not null, Containers: not null } && pod.Containers.All(container => container is { Name: not null, Memory: not null }));
}
