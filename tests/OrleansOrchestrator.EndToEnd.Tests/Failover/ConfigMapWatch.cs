using System.Globalization;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>Watches a namespace's ConfigMaps from a revision on, and resumes from the last one seen when the connection ends.</summary>
internal sealed class ConfigMapWatch(ApiConnection api, string space)
{
    private readonly Lock _gate = new();
    private readonly List<(string Type, string Name, long Revision)> _events = [];

    /// <summary>Every event so far, in order of arrival.</summary>
    public IReadOnlyList<(string Type, string Name, long Revision)> Events
    {
        get
        {
            lock (_gate)
                return [.. _events];
        }
    }

    /// <summary>How often the connection had to be made again.</summary>
    public int Resumptions { get; private set; }

    public async Task RunAsync(long revision, CancellationToken stop)
    {
        for (; !stop.IsCancellationRequested; Resumptions++)
        {
            try
            {
                using var reader = await api.OpenAsync($"/api/v1/namespaces/{space}/configmaps?watch=1&resourceVersion={revision}", stop);
                while (await reader.ReadLineAsync(stop) is { } line)
                    revision = Add(JsonNode.Parse(line)!);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                // The connection broke, or the test is over; the loop's condition tells which.
            }
        }
    }

    private long Add(JsonNode change)
    {
        var type = (string)change["type"]!;
        type.ShouldBeOneOf("ADDED", "MODIFIED", "DELETED");
        var metadata = change["object"]!["metadata"]!;
        var revision = long.Parse((string)metadata["resourceVersion"]!, CultureInfo.InvariantCulture);
        lock (_gate)
            _events.Add((type, (string)metadata["name"]!, revision));
        return revision;
    }
}
