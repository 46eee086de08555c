using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;

namespace OrleansOrchestrator.Node.Api;

/// <summary>Keeps a sink up to date with one resource: lists, watches, resumes, and lists again when it must.</summary>
/// <remarks>An API outage of any length ends in a resumed watch or in a new list; it never ends the loop.</remarks>
internal sealed partial class Reflector<T>(
    ClusterConnection api,
    string path,
    ObjectSelection selection,
    IObjectSink<T> sink,
    TimeProvider timeProvider,
    ILogger logger)
    where T : IKubernetesObject<V1ObjectMeta>
{
    // As client-go: a watch lasts 5 to 10 minutes, at random, so that watches do not end together.
    private static readonly TimeSpan WatchTimeoutMin = TimeSpan.FromMinutes(5);

    private readonly RetryDelay _delay = new(ApiServers.Retries, Random.Shared);
    private string? _resourceVersion;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync($"reflector of {path}", ListAndWatchAsync, timeProvider, logger, cancellationToken);

    private async Task<TimeSpan?> ListAndWatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (_resourceVersion is null)
                await ListAsync(cancellationToken);
            return await WatchAsync(cancellationToken) ? TimeSpan.Zero : _delay.Next();
        }
        catch (ApiException exception) when (exception.IsGone)
        {
            LogGone(path);
            _resourceVersion = null;
            return _delay.Next();
        }
        catch (Exception exception) when (ApiFailure.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            LogInterrupted(path, exception.Message);
            return _delay.Next((exception as ApiException)?.RetryAfter);
        }
    }

    private async Task ListAsync(CancellationToken cancellationToken)
    {
        var list = await api.ListAsync<T>(path, selection, cancellationToken);
        sink.Replace(list.Items?.AsReadOnly() ?? []);
        _resourceVersion = list.Metadata?.ResourceVersion ?? "0";
    }

    /// <summary>Follows one watch to its end. Returns false if it ended without an event, so that it is not reopened in a tight
    /// loop.</summary>
    private async Task<bool> WatchAsync(CancellationToken cancellationToken)
    {
        var progressed = false;
        var timeout = WatchTimeoutMin * (1 + Random.Shared.NextDouble());
        var changes = api.WatchAsync<T>(path, selection, _resourceVersion!, timeout, cancellationToken);
        await foreach (var (kind, obj) in changes)
        {
            switch (kind)
            {
                case WatchEventKind.Added or WatchEventKind.Modified:
                    sink.Upsert(obj);
                    break;
                case WatchEventKind.Deleted:
                    sink.Delete(obj);
                    break;
                case WatchEventKind.Bookmark:
                    break;
            }

            _resourceVersion = obj.Metadata.ResourceVersion;
            _delay.Reset();
            progressed = true;
        }

        return progressed;
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Watching {Path} was interrupted: {Reason}")]
    private partial void LogInterrupted(string path, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The watched revision of {Path} was compacted; listing again")]
    private partial void LogGone(string path);
}
