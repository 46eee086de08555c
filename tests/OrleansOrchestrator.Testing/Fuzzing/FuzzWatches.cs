using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Watches all resources of a server, and compares the received events with the stored objects at the end.</summary>
internal sealed class FuzzWatches(ApiConnection api, IReadOnlyList<ServedResource> resources) : IAsyncDisposable
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    // Nodes and controllers write these all the time, so they never settle.
    private static readonly string[] Restless = ["leases", "events", "nodes"];

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, string>> _told = new();
    private readonly ConcurrentBag<string> _faults = [];
    private readonly CancellationTokenSource _over = new();
    private readonly List<Task> _watching = [];

    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var resource in resources.Where(resource => resource.Verbs.Contains("watch") && resource.Subresource.Length == 0))
            _watching.Add(WatchAsync(resource, cancellationToken));
        return Task.CompletedTask;
    }

    /// <summary>The differences between received events and stored objects, once everything has settled.</summary>
    public async Task<IReadOnlyList<string>> FindDifferencesAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        var differences = new List<string>(_faults);
        foreach (var (path, told) in _told.Where(entry => !Array.Exists(Restless, name => entry.Key.EndsWith("/" + name, StringComparison.Ordinal))))
        {
            var difference = "";
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < patience; await Task.Delay(Retry, TimeProvider.System, cancellationToken))
            {
                var items = (await api.ListAsync(path)).ToDictionary(KeyOf, item => (string)item["metadata"]!["resourceVersion"]!);
                difference = string.Join("; ", told.Keys.Union(items.Keys).Where(key => told.GetValueOrDefault(key) != items.GetValueOrDefault(key))
                    .Take(3).Select(key => $"{key}: told {told.GetValueOrDefault(key) ?? "none"}, is {items.GetValueOrDefault(key) ?? "none"}"));
                if (difference.Length == 0)
                    break;
            }

            if (difference.Length > 0)
                differences.Add($"watchers of {path} were told something else than there is: {difference}");
        }

        return differences;
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await Task.WhenAll(_watching);
        _over.Dispose();
    }

    private async Task WatchAsync(ServedResource resource, CancellationToken cancellationToken)
    {
        var path = $"{resource.Prefix}/{resource.Plural}";
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, cancellationToken);
        while (!either.IsCancellationRequested)
        {
            try
            {
                // A watch that starts again receives all existing objects.
                var told = _told[path] = new();
                using var lines = await api.OpenAsync($"{path}?watch=true&timeoutSeconds=3600", either.Token);
                while (await lines.ReadLineAsync(either.Token) is { } line)
                    Hear(path, told, JsonNode.Parse(line, documentOptions: new() { MaxDepth = 1000 })!);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (JsonException failure)
            {
                _faults.Add($"a watch of {path} has a line that cannot be read: {failure.Message}");
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException)
            {
                _faults.Add($"a watch of {path} broke: {failure.Message}");
                return;
            }
        }
    }

    private void Hear(string path, ConcurrentDictionary<string, string> told, JsonNode change)
    {
        var obj = change["object"]!;
        switch ((string?)change["type"])
        {
            case "DELETED":
                told.TryRemove(KeyOf(obj), out _);
                break;
            case "ADDED" or "MODIFIED":
                told[KeyOf(obj)] = (string)obj["metadata"]!["resourceVersion"]!;
                break;
            case "ERROR":
                _faults.Add($"a watch of {path} ended with an error: {obj.ToJsonString()}");
                break;
        }
    }

    private static string KeyOf(JsonNode obj) => $"{obj["metadata"]!["namespace"]}/{obj["metadata"]!["name"]}";
}
