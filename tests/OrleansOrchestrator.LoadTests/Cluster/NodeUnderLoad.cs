using System.Diagnostics;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.LoadTests.Cluster;

/// <summary>One <c>orchestrator node</c> process on the machine's Docker engine, with its guards.</summary>
internal sealed class NodeUnderLoad : IAsyncDisposable
{
    private static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly string _folder;
    private readonly Task<string> _errors;
    private Task _output = Task.CompletedTask;

    private NodeUnderLoad(Process process, string name, string folder)
    {
        (_process, Name, _folder) = (process, name, folder);
        _errors = process.StandardError.ReadToEndAsync();
    }

    public string Name { get; }

    public int Id => _process.Id;

    /// <summary>The folder with everything that the daemon keeps.</summary>
    public string DataFolder => Path.Combine(_folder, "node");

    /// <summary>Starts a node and waits until it is ready.</summary>
    /// <param name="kubeConfig">The cluster.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="InvalidOperationException">It ended; the message has what it said.</exception>
    public static async Task<NodeUnderLoad> StartAsync(string kubeConfig, CancellationToken cancellationToken)
    {
        var (name, folder) = ($"load-{Guid.NewGuid().ToString("N")[..8]}", Directory.CreateTempSubdirectory("orchestrator-load-node-").FullName);
        var process = Process.Start(new ProcessStartInfo(
            SiloUnderLoad.FindProgram(), ["node", "--kubeconfig", kubeConfig, "--name", name, "--runtime", "docker", "--data", folder])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        var node = new NodeUnderLoad(process, name, folder);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(StartWithin);
        while (await process.StandardOutput.ReadLineAsync(deadline.Token) is { } line)
        {
            if (!line.StartsWith("ready", StringComparison.Ordinal))
                continue;
            node._output = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
            return node;
        }

        throw new InvalidOperationException($"the node has ended: {await node._errors}");
    }

    /// <summary>The processes of the guard.</summary>
    public IReadOnlyList<int> Guards() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), System.Globalization.CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(id => id > 0 && id != Id && CommandOf(id).Contains(_folder, StringComparison.Ordinal)),
    ];

    /// <summary>The containers of the node, whatever their state.</summary>
    public Task<IReadOnlyList<string>> ContainersAsync() => DockerAsync("ps", "-aq", "--filter", $"label=orleansorchestrator.io/node={Name}");

    /// <summary>Runs a command of the engine's own client.</summary>
    /// <returns>The lines that it wrote.</returns>
    public static async Task<IReadOnlyList<string>> DockerAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", words) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>Ends it like a crash, with its containers. The guards end when they find that its folder is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        await Task.WhenAll(_output, _errors);
        _process.Dispose();
        if (await ContainersAsync() is { Count: > 0 } left)
            await DockerAsync(["rm", "-f", .. left]);
        LeftMounts.Delete(_folder);
    }

    private static string CommandOf(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
