using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>A node that something happens to.</summary>
/// <param name="name">The node's name.</param>
/// <param name="dataFolder">The daemon's data folder.</param>
/// <param name="kubeConfig">The way to the API.</param>
/// <param name="runtime">The runtime.</param>
/// <param name="machine">The machine that it is on; null for this one.</param>
internal sealed class VictimNode(string name, string dataFolder, string kubeConfig, string runtime, Machine? machine = null) : IAsyncDisposable
{
    public string Name { get; } = name;

    public Member Daemon { get; private set; } = null!;

    /// <summary>The machine that it is on; null for this one.</summary>
    public Machine? Machine { get; } = machine;

    /// <summary>The guard's processes.</summary>
    public IReadOnlyList<int> Guards =>
        [.. HostProcesses.Mentioning(dataFolder).Where(id => HostProcesses.Describe(id).Contains("/guard.sh ", StringComparison.Ordinal))];

    /// <summary>Starts the daemon, again if it has run before.</summary>
    /// <param name="otherKubeConfig">A way to the API other than the first time.</param>
    /// <param name="environment">Environment variables of the daemon besides.</param>
    public void Launch(string? otherKubeConfig = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        string[] arguments = ["node", "--kubeconfig", otherKubeConfig ?? kubeConfig, "--name", Name, "--runtime", runtime];
        Daemon = Machine is null ? Member.Launch(dataFolder, arguments) : Member.LaunchBy(Machine.Entry, environment ?? new Dictionary<string, string>(), dataFolder, arguments);
    }

    /// <summary>Ends the daemon and both guards like a crash, and sees that none of them has started the other again.</summary>
    public async Task KillWithGuardsAsync()
    {
        do
        {
            await HostProcesses.SignalAsync("KILL", [.. Guards, Daemon.Id]);
            await Daemon.KillAsync();
        }
        while (Guards.Count > 0);
    }

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
