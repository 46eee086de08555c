using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Removes a pod's files and containers from its node. The pod's folder is created first and removed last, so that nothing is
/// left that no daemon finds.</summary>
internal sealed class PodRemover(IContainerRuntime runtime, PodGuard guard, string dataDirectory, FolderRemover folders)
{
    private readonly string _folder = Path.Combine(dataDirectory, "pods");

    /// <summary>The folder for a pod's volumes and files.</summary>
    public string DirectoryOf(string podUid) => Path.Combine(_folder, podUid);

    /// <summary>The pods with files on this node, whether or not the runtime knows them.</summary>
    public IEnumerable<string> FindLeft() => Directory.Exists(_folder) ? Directory.EnumerateDirectories(_folder).Select(Path.GetFileName).OfType<string>() : [];

    /// <summary>Removes the pod and kills what still runs. Safe to repeat.</summary>
    /// <returns>Why files of the pod are left, although nothing of it runs any more; null if nothing is left.</returns>
    /// <exception cref="RuntimeException">A process of the pod has not ended.</exception>
    public async Task<string?> RemoveAsync(string podUid, CancellationToken cancellationToken)
    {
        await runtime.RemovePodAsync(podUid, cancellationToken);
        guard.Remove(podUid);
        var directory = DirectoryOf(podUid);
        if (!Directory.Exists(directory))
            return null;
        try
        {
            // Mounts of a subPath would outlive the containers.
            Mounts.UnmountBelow(directory);
            // What the pod leaves must not hold the volumes of its claims.
            await folders.RemoveAsync(LocalVolumeFolder.RecordsOf(directory), cancellationToken);
            await folders.RemoveAsync(directory, cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }
}
