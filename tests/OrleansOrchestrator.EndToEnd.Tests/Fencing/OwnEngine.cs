using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// A Docker engine that a test has to itself and can stop, on a machine of its own: an engine without a bridge removes that of the
/// machine that it is on. Its containers use the machine's network.
/// </summary>
internal sealed class OwnEngine : IAsyncDisposable
{
    private const int MountPlace = 4;

    private static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly RunningCommand _daemon;

    private OwnEngine(string folder, RunningCommand daemon) => (_folder, _daemon) = (folder, daemon);

    /// <summary>Where it listens, as <c>DOCKER_HOST</c>.</summary>
    public string Address => $"unix://{_folder}/docker.sock";

    /// <summary>Why there can be no such engine here, or null if there can.</summary>
    public static async Task<string?> FindMissingAsync() =>
        await DockerEngine.FindMissingAsync() is { } missing ? missing
        : !Environment.IsPrivilegedProcess ? "an engine needs root"
        : ProgramSearch.Find("dockerd") is null ? "dockerd is not in PATH"
        : null;

    /// <summary>Starts it, and gives it the tests' image.</summary>
    public static async Task<OwnEngine> StartAsync(string folder, Machine machine)
    {
        Directory.CreateDirectory(folder);
        var engine = new OwnEngine(folder, RunningCommand.Start(
            machine.Entry[0],
            [
                .. machine.Entry.Skip(1), "dockerd", "--data-root", $"{folder}/data", "--exec-root", $"{folder}/exec", "--pidfile", $"{folder}/pid", "--host", $"unix://{folder}/docker.sock",
                "--bridge", "none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false",
            ]));
        try
        {
            await Eventually.PassesAsync(async () =>
            {
                engine._daemon.HasEnded.ShouldBeFalse(engine.Describe());
                (await engine.TryAsync("info")).ExitCode.ShouldBe(0, engine.Describe());
            });
            await DockerEngine.ImportImageAsync(engine.Address);
            return engine;
        }
        catch
        {
            await engine.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the engine and what it runs containers with: whoever asks it gets no answer.</summary>
    public Task PauseAsync() => HostProcesses.SignalAsync("STOP", Processes());

    public Task ContinueAsync() => HostProcesses.SignalAsync("CONT", Processes());

    /// <summary>Makes a container, and does not start it.</summary>
    public async Task<string> CreateAsync(string cgroup)
    {
        var made = await TryAsync("create", "--network", "host", "--cgroup-parent", cgroup, DockerEngine.Image, "sleep", "1000");
        made.ExitCode.ShouldBe(0, made.ToString());
        return made.Lines[^1];
    }

    /// <summary>Asks for a container's start, and does not wait.</summary>
    public RunningCommand BeginStart(string container) => RunningCommand.Start("docker", ["--host", Address, "start", container]);

    /// <summary>What the engine has said.</summary>
    public string Describe() => _daemon.Errors.Length > 4000 ? _daemon.Errors[^4000..] : _daemon.Errors;

    public async ValueTask DisposeAsync()
    {
        await ContinueAsync();
        if (!_daemon.HasEnded)
        {
            var left = await TryAsync("ps", "--all", "--quiet");
            if (left.Lines.Length > 0)
                await TryAsync(["rm", "--force", "--volumes", .. left.Lines]);
            await _daemon.SignalAsync("TERM");
            await _daemon.WaitAsync(StopsWithin);
        }

        await _daemon.DisposeAsync();
        await Leftovers.RemoveAsync(_folder);
        foreach (var place in MountsBelow())
        {
            await using var unmount = RunningCommand.Start("umount", ["--lazy", place]);
            await unmount.WaitAsync(StopsWithin);
        }
    }

    /// <summary>The mounts that the engine leaves: the network of containers that use the host's.</summary>
    private IEnumerable<string> MountsBelow() => File.ReadAllLines("/proc/self/mountinfo")
        .Select(line => line.Split(' ')[MountPlace]).Where(place => place.StartsWith(_folder + "/", StringComparison.Ordinal)).OrderByDescending(place => place.Length);

    private List<int> Processes() =>
        [_daemon.Id, .. HostProcesses.Mentioning(_folder).Where(id => HostProcesses.Describe(id).Contains("/containerd.toml", StringComparison.Ordinal))];

    private async Task<CommandResult> TryAsync(params string[] arguments)
    {
        await using var command = RunningCommand.Start("docker", ["--host", Address, .. arguments]);
        return await command.WaitAsync(Eventually.Patience);
    }
}
