using OrleansOrchestrator.Node.Guarding;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Volumes;

namespace OrleansOrchestrator.Node.Pods;

/// <summary>Removes what a pod has on its node. The pod's folder is made first and goes last, so that nothing is left that nobody knows of.</summary>
internal sealed class PodRemover(IContainerRuntime runtime, PodGuard guard, string dataDirectory)
{
    private readonly string _folder = Path.Combine(dataDirectory, "pods");

    /// <summary>The folder for a pod's volumes and files.</summary>
    public string DirectoryOf(string podUid) => Path.Combine(_folder, podUid);

    /// <summary>The pods that have something on this node besides what the runtime knows of.</summary>
    public IEnumerable<string> FindLeft() => Directory.Exists(_folder) ? Directory.EnumerateDirectories(_folder).Select(Path.GetFileName).OfType<string>() : [];

    /// <summary>Removes it; what runs is killed. May be repeated.</summary>
    /// <exception cref="RuntimeException">Something of it has not ended.</exception>
    /// <exception cref="IOException">Something of it is in use.</exception>
    public async Task RemoveAsync(string podUid, CancellationToken cancellationToken)
    {
        await runtime.RemovePodAsync(podUid, cancellationToken);
        guard.Remove(podUid);
        var directory = DirectoryOf(podUid);
        if (!Directory.Exists(directory))
            return;

        // What containers saw of volumes by a subPath is mounted, and would outlive them.
        SubPath.UnmountBelow(directory);
        Directory.Delete(directory, recursive: true);
    }
}
