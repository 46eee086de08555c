using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The addresses that the plugin <c>host-local</c> has given away: a file of each address with the id of its sandbox.</summary>
internal static class ReservedAddresses
{
    /// <summary>Releases addresses of sandboxes that nobody knows, as after the loss of the daemon's records.</summary>
    /// <param name="folder">The plugin's folder, with a folder for each network.</param>
    /// <param name="isKnown">Whether a sandbox lives, or is still to be detached.</param>
    public static void Release(string folder, Func<string, bool> isKnown)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            // Beside them are a lock, and the last address of each range.
            if (AddressSyntax.TryParse(Path.GetFileName(file), out _) && File.ReadLines(file).FirstOrDefault()?.Trim() is { } sandbox && !isKnown(sandbox))
                File.Delete(file);
        }
    }
}
