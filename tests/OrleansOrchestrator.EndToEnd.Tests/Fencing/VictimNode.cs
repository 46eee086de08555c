using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>A node that something happens to.</summary>
internal sealed class VictimNode(string name, string dataFolder, string kubeConfig, string runtime) : IAsyncDisposable
{
    public string Name { get; } = name;

    public Member Daemon { get; private set; } = null!;

    /// <summary>Starts the daemon, again if it has run before.</summary>
    /// <param name="otherKubeConfig">A way to the API other than the first time.</param>
    public void Launch(string? otherKubeConfig = null) => Daemon = Member.Launch(
        dataFolder, "node", "--kubeconfig", otherKubeConfig ?? kubeConfig, "--name", Name, "--runtime", runtime);

    /// <summary>Starts the daemon so that it finds no server: it is cut off from its start.</summary>
    public async Task LaunchCutOffAsync()
    {
        var path = Path.Combine(dataFolder, "cut-off-kubeconfig");
        var lines = (await File.ReadAllLinesAsync(kubeConfig)).Select(line =>
            line.Contains("server:", StringComparison.Ordinal) ? line[..line.IndexOf("server:", StringComparison.Ordinal)] + "server: https://127.0.0.1:1" : line);
        await File.WriteAllLinesAsync(path, lines);
        File.Delete(Path.Combine(dataFolder, "node", "api-servers"));
        Launch(path);
    }

    /// <summary>Ends what is left, whatever state it is in.</summary>
    public async ValueTask DisposeAsync()
    {
        await Daemon.DisposeAsync();
        await Leftovers.RemoveAsync(dataFolder);
    }
}
