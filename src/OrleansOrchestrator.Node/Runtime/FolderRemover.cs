using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Removes folders of the daemon, also if containers have left folders of other users in them.</summary>
/// <param name="asRoot">Removes a folder as root; null if nobody does that for the daemon.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class FolderRemover(Func<string, CancellationToken, Task>? asRoot, TimeProvider timeProvider)
{
    /// <summary>Removes a folder, unless it is gone already.</summary>
    /// <exception cref="IOException">The system refused, the folder still gets new files, or something is mounted in it.</exception>
    /// <exception cref="UnauthorizedAccessException">A folder in it is another user's.</exception>
    public async Task RemoveAsync(string folder, CancellationToken cancellationToken)
    {
        try
        {
            await FolderTree.RemoveAsync(folder, timeProvider, cancellationToken);
        }
        catch (UnauthorizedAccessException exception) when (asRoot is not null)
        {
            await RemoveAsRootAsync(asRoot, folder, exception, cancellationToken);
            await FolderTree.RemoveAsync(folder, timeProvider, cancellationToken);
        }
    }

    private static async Task RemoveAsRootAsync(
        Func<string, CancellationToken, Task> asRoot, string folder, UnauthorizedAccessException refusal, CancellationToken cancellationToken)
    {
        try
        {
            await asRoot(folder, cancellationToken);
        }
        catch (RuntimeException exception)
        {
            throw new UnauthorizedAccessException($"{refusal.Message} ({exception.Message})", exception);
        }
    }
}
