using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Events;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Thresholds;

namespace OrleansOrchestrator.Node.GarbageCollection;

/// <summary>Removes ended containers and unused images: from time to time by the operator's limits, and all of them when the disk is
/// short.</summary>
internal sealed partial class GarbageCollector(
    NodeAgentOptions options, PodDirectory pods, IContainerRuntime runtime, Func<NodeReadings> read, EventRecorder events, TimeProvider timeProvider, ILogger logger)
{
    // As the kubelet.
    private static readonly TimeSpan ContainerPeriod = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ImagePeriod = TimeSpan.FromMinutes(5);

    // A pod's worker removes it within milliseconds, unless the engine is slow.
    private static readonly TimeSpan RemovalTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(100);

    private readonly ILogger _logger = logger;
    private DateTimeOffset _imagesAt;

    public Task RunAsync(CancellationToken cancellationToken) =>
        SupervisedLoop.RunAsync("garbage collector", CollectAsync, timeProvider, _logger, cancellationToken);

    /// <summary>Removes all that nobody needs: what is left of ended pods, and unused images.</summary>
    /// <param name="withImages">Whether images are on the disk that is short.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ReclaimAsync(bool withImages, CancellationToken cancellationToken)
    {
        var ended = pods.Workers.Where(worker => worker is { HasEnded: true, Seen: not null }).ToList();
        foreach (var worker in ended)
            worker.Reclaim();
        var began = timeProvider.GetTimestamp();
        while (ended.Exists(worker => worker.Seen is not null) && timeProvider.GetElapsedTime(began) < RemovalTime)
            await Task.Delay(PollInterval, timeProvider, cancellationToken);
        if (withImages)
            await RemoveImagesAsync(ImageGarbage.FindUnused(await runtime.ListImagesAsync(cancellationToken), options.ImageMinimumGCAge, timeProvider.GetUtcNow()), long.MaxValue, cancellationToken);
    }

    /// <summary>Keeps to the operator's limits.</summary>
    internal async Task<TimeSpan?> CollectAsync(CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        foreach (var id in ContainerGarbage.Find(pods.Running(), options.MaximumDeadContainers, options.MinimumContainerTtlDuration, now))
            await runtime.RemoveContainerAsync(id, cancellationToken);
        if (runtime.HasImages && now - _imagesAt >= ImagePeriod)
        {
            await CollectImagesAsync(now, cancellationToken);
            _imagesAt = now;
        }

        return ContainerPeriod;
    }

    private async Task CollectImagesAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var images = await runtime.ListImagesAsync(cancellationToken);
        var left = images;
        if (options.ImageMaximumGCAge > TimeSpan.Zero)
        {
            var old = ImageGarbage.FindUnused(images, options.ImageMaximumGCAge, now);
            await RemoveImagesAsync(old, long.MaxValue, cancellationToken);
            left = [.. images.Except(old)];
        }

        if (!read().Signals.TryGetValue(EvictionSignal.ImageFsAvailable, out var disk) || ImageGarbage.ExcessOf(disk, options) is not (> 0 and var excess))
            return;
        var freed = await RemoveImagesAsync(ImageGarbage.FindUnused(left, options.ImageMinimumGCAge, now), excess, cancellationToken);
        if (freed < excess)
        {
            events.RecordOfNode(
                EventType.Warning, "FreeDiskSpaceFailed",
                FormattableString.Invariant($"Failed to garbage collect required amount of images. Attempted to free {excess} bytes, but only found {freed} bytes eligible to free."));
        }
    }

    /// <returns>The bytes of the images that are gone.</returns>
    private async Task<long> RemoveImagesAsync(IReadOnlyList<NodeImage> images, long enough, CancellationToken cancellationToken)
    {
        var freed = 0L;
        foreach (var image in images.TakeWhile(_ => freed < enough))
        {
            try
            {
                if (!await runtime.RemoveImageAsync(image, cancellationToken))
                    continue;
                freed += image.SizeBytes;
                LogRemoved(image.Names.Count > 0 ? image.Names[^1] : image.Id, image.SizeBytes);
            }
            catch (RuntimeException exception)
            {
                LogKept(image.Id, exception.Message);
            }
        }

        return freed;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The unused image {Image} is removed, which had {Bytes} bytes")]
    private partial void LogRemoved(string image, long bytes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The unused image {Image} could not be removed: {Reason}")]
    private partial void LogKept(string image, string reason);
}
