namespace OrleansOrchestrator.Node.Runtime;

/// <summary>Removes folders in which somebody may still be writing: a guard notes what it does to a pod, and a mount ends with some delay.</summary>
internal static class FolderRemoval
{
    // Whoever still writes there is about to end. What lasts longer than this is a fault to tell of.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    // How often the removal is retried within Patience.
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>Removes a folder with everything in it, unless it is gone already.</summary>
    /// <exception cref="IOException">It still gets new files, or one of its files is in use.</exception>
    public static async Task RemoveAsync(string folder, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var start = timeProvider.GetTimestamp();
        while (Directory.Exists(folder))
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (timeProvider.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(Interval, timeProvider, cancellationToken);
            }
        }
    }
}
