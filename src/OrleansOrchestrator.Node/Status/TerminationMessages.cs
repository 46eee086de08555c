using System.Globalization;
using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Pods;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Status;

/// <summary>The last messages of a pod's containers: what each has written to a file for it, or the end of its log.</summary>
/// <remarks>
/// See "Customizing the termination message" in the Kubernetes documentation. The files are in the pod's folder, so that any daemon
/// finds them.
/// </remarks>
internal sealed class TerminationMessages(IContainerRuntime runtime, string podDirectory)
{
    // The kubelet's limits: of one message, of all messages of a pod, and of the part of a log.
    private const int BytesMax = 4096;
    private const int PodBytesMax = 12 * 1024;
    private const int LogLinesMax = 80;
    private const int LogBytesMax = 2048;

    // Any user of the container may write it.
    private const UnixFileMode Mode = (UnixFileMode)0b110_110_110;

    private readonly Dictionary<string, string> _read = new(StringComparer.Ordinal);

    /// <summary>Makes the file for the message of a container's attempt.</summary>
    public static string Create(string podDirectory, string container, int attempt)
    {
        var file = FileOf(podDirectory, container, attempt);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, []);
        File.SetUnixFileMode(file, Mode);
        return file;
    }

    /// <summary>Removes the file of a container that was removed.</summary>
    public static void Remove(string podDirectory, ContainerInstance container)
    {
        var file = FileOf(podDirectory, container.Name, container.Attempt);
        if (File.Exists(file))
            File.Delete(file);
    }

    /// <summary>Adds to each container that has ended what it said last. What was read once is kept.</summary>
    public async Task<PodSandbox> AddAsync(V1Pod pod, PodSandbox sandbox, CancellationToken cancellationToken)
    {
        if (runtime.StartsInstantly || !sandbox.Containers.Any(container => container.Phase == ContainerPhase.Exited))
            return sandbox;
        var specs = pod.Spec.Containers.Concat(pod.Spec.InitContainers ?? []).Concat(pod.Spec.EphemeralContainersAsOthers()).ToList();
        var limit = Math.Min(BytesMax, PodBytesMax / Math.Max(1, specs.Count));
        var containers = new List<ContainerInstance>();
        foreach (var container in sandbox.Containers)
        {
            containers.Add(container.Phase == ContainerPhase.Exited && specs.Find(spec => spec.Name == container.Name) is { } spec
                ? container with { Message = Joined(container.Message, await ReadAsync(spec, container, limit, cancellationToken)) }
                : container);
        }

        foreach (var gone in _read.Keys.Except(containers.Select(container => container.Id)).ToList())
            _read.Remove(gone);
        return sandbox with { Containers = containers };
    }

    private async Task<string> ReadAsync(V1Container spec, ContainerInstance container, int limit, CancellationToken cancellationToken)
    {
        if (_read.TryGetValue(container.Id, out var known))
            return known;
        var file = FileOf(podDirectory, container.Name, container.Attempt);
        var message = File.Exists(file) ? await ReadEndAsync(file, limit, cancellationToken) : "";
        if (message.Length == 0 && spec.TerminationMessagePolicy == "FallbackToLogsOnError" && container.ExitCode != 0)
            message = await ReadLogAsync(container.Id, Math.Min(limit, LogBytesMax), cancellationToken);
        return _read[container.Id] = message;
    }

    private static async Task<string> ReadEndAsync(string file, int limit, CancellationToken cancellationToken)
    {
        await using var content = File.OpenRead(file);
        content.Seek(Math.Max(0, content.Length - limit), SeekOrigin.Begin);
        var buffer = new byte[limit];
        var length = await content.ReadAtLeastAsync(buffer, limit, throwOnEndOfStream: false, cancellationToken);
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private async Task<string> ReadLogAsync(string containerId, int limit, CancellationToken cancellationToken)
    {
        await using var end = new EndOfStream(limit);
        try
        {
            await runtime.CopyLogsAsync(containerId, new LogQuery { TailLines = LogLinesMax }, end, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            return $"Error on reading termination message from logs: {exception.Message}";
        }

        return Encoding.UTF8.GetString(end.Content);
    }

    private static string Joined(string first, string second) =>
        first.Length == 0 ? second : second.Length == 0 ? first : $"{first}: {second}";

    private static string FileOf(string podDirectory, string container, int attempt) =>
        Path.Combine(podDirectory, "messages", string.Create(CultureInfo.InvariantCulture, $"{container}_{attempt}"));
}
