using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Consistency.Tests.Histories;
using OrleansOrchestrator.Testing.Programs;

namespace OrleansOrchestrator.Consistency.Tests.Clients;

/// <summary>How a watch behaves when it is not disturbed.</summary>
internal enum WatchHabit
{
    /// <summary>It stays connected as long as it can.</summary>
    Stays,

    /// <summary>It breaks off every few seconds and resumes where it was, at another silo.</summary>
    Wanders,

    /// <summary>It breaks off and begins another watch from some revision that it has seen.</summary>
    JumpsBack,
}

/// <summary>Watches the ConfigMaps of a namespace through faults, and notes every event.</summary>
internal sealed class WatchClient(string name, string space, WatchHabit habit, IReadOnlyList<ApiConnection> silos, int seed)
{
    private const int JumpsMax = 60;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly Random _random = new(seed);
    private readonly List<WatchStream> _streams = [];
    private int _silo = seed;

    private string Path => $"/api/v1/namespaces/{space}/configmaps";

    /// <summary>Whether everything up to a revision has been shown.</summary>
    public bool HasSeen(long revision)
    {
        lock (_gate)
            return _streams.Count > 0 && _streams[^1].CompleteUpTo >= revision;
    }

    /// <summary>What has been shown. Only the last stream has had the time to see everything.</summary>
    public IReadOnlyList<WatchStream> Streams()
    {
        lock (_gate)
            return [.. _streams];
    }

    public async Task RunAsync(long revision, CancellationToken stop)
    {
        Begin(revision);
        while (!stop.IsCancellationRequested)
        {
            using var habitual = CancellationTokenSource.CreateLinkedTokenSource(stop);
            if (habit != WatchHabit.Stays)
                habitual.CancelAfter(TimeSpan.FromMilliseconds(_random.Next(500, 4000)));
            await FollowAsync(silos[_silo % silos.Count], habitual.Token);
            if (stop.IsCancellationRequested)
                return;
            if (habit != WatchHabit.Stays || !habitual.IsCancellationRequested)
                _silo++;
            if (_streams[^1].HasExpired)
                await BeginAnewAsync(stop);
            else if (habit == WatchHabit.JumpsBack && habitual.IsCancellationRequested && _streams.Count < JumpsMax)
                JumpBack();
            else
                _streams[^1].Resumptions++;
        }
    }

    private void Begin(long revision)
    {
        lock (_gate)
            _streams.Add(new WatchStream($"{name}.{_streams.Count}", revision));
    }

    /// <summary>The stream so far counts as far as it went; the next begins at one of its revisions.</summary>
    private void JumpBack()
    {
        var stream = _streams[^1];
        if (stream.Changes.Count == 0)
            return;
        stream.HasExpired = true;
        Begin(stream.Changes[_random.Next(stream.Changes.Count)].Revision);
    }

    private async Task FollowAsync(ApiConnection silo, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = await silo.OpenAsync(
                $"{Path}?watch=1&allowWatchBookmarks=true&resourceVersion={_streams[^1].CompleteUpTo}", cancellationToken);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (!Take(line))
                    break;
            }
        }
        catch (HttpRequestException refused) when (refused.StatusCode == HttpStatusCode.Gone)
        {
            _streams[^1].HasExpired = true;
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <returns>Whether the stream goes on.</returns>
    private bool Take(string line)
    {
        if (!TryParse(line, out var @event))
            return false;
        var type = (string)@event["type"]!;
        var obj = @event["object"]!;
        lock (_gate)
        {
            var stream = _streams[^1];
            if (type == "ERROR")
            {
                stream.HasExpired = (int)obj["code"]! == (int)HttpStatusCode.Gone;
                return false;
            }

            var revision = ConfigMapClient.RevisionOf(obj);
            if (type != "BOOKMARK" && ConfigMapClient.IsOurs(obj))
                stream.Changes.Add(new Change(revision, TypeOf(type), ConfigMapClient.NameOf(obj), ConfigMapClient.VersionOf(obj).Value));
            stream.CompleteUpTo = Math.Max(stream.CompleteUpTo, revision);
            return true;
        }
    }

    /// <summary>The last line of a connection that breaks may be cut off.</summary>
    private static bool TryParse(string line, out JsonNode @event)
    {
        try
        {
            @event = JsonNode.Parse(line)!;
            return true;
        }
        catch (System.Text.Json.JsonException)
        {
            @event = null!;
            return false;
        }
    }

    private static ChangeType TypeOf(string type) => type switch
    {
        "ADDED" => ChangeType.Added,
        "MODIFIED" => ChangeType.Modified,
        "DELETED" => ChangeType.Deleted,
        _ => throw new InvalidOperationException($"a watch shows an event of type {type}"),
    };

    private async Task BeginAnewAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var list = await silos[_silo % silos.Count].SendAsync(HttpMethod.Get, Path + "?limit=1", cancellationToken: stop);
                if (list.Code == HttpStatusCode.OK)
                {
                    Begin(long.Parse((string)list.Json["metadata"]!["resourceVersion"]!, CultureInfo.InvariantCulture));
                    return;
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
            {
                _silo++;
            }

            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }
}
