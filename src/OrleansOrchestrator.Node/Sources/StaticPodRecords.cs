using System.Text.Json;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Sources;

/// <summary>The static pods that the node runs, on its disk. The next daemon ends a pod in order whose manifest has gone or changed
/// meanwhile, and keeps one whose manifest cannot be read.</summary>
/// <param name="folder">The folder of the records; null on a node whose pods end with the daemon.</param>
/// <param name="logger">Receives faults.</param>
internal sealed partial class StaticPodRecords(string? folder, ILogger logger)
{
    /// <summary>All records that can be read.</summary>
    public IReadOnlyList<StaticPod> Read() =>
        folder is not null && Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, "*.json").Select(Read).OfType<StaticPod>()] : [];

    /// <summary>Records a pod before it is started. A pod that cannot be recorded is started all the same.</summary>
    public void Write(StaticPod pod)
    {
        if (folder is null)
            return;
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            WholeFile.Write(FileOf(folder, pod.Uid), ObjectCodec.Encode(pod));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotRecorded(pod.Key, exception.Message);
        }
    }

    public void Remove(string uid)
    {
        if (folder is not null && Directory.Exists(folder))
            File.Delete(FileOf(folder, uid));
    }

    private static string FileOf(string folder, string uid) => Path.Combine(folder, uid + ".json");

    private StaticPod? Read(string file)
    {
        try
        {
            return ObjectCodec.Decode<StaticPod>(File.ReadAllBytes(file)) is { Pod.Metadata.Uid: not null } pod ? pod : throw new JsonException("it has no pod");
        }
        catch (Exception exception) when (exception is IOException or JsonException or UnauthorizedAccessException)
        {
            LogUnreadable(file, exception.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The static pod {Pod} could not be recorded: {Reason}. If its manifest changes while the daemon is away, the pod ends without its grace period")]
    private partial void LogNotRecorded(PodKey pod, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The record of a static pod in {File} cannot be read: {Reason}")]
    private partial void LogUnreadable(string file, string reason);
}
