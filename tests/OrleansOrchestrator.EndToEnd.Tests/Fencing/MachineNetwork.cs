using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Fencing;

/// <summary>
/// A switch with this machine at one port and machines at the others, which are network namespaces. A port can be closed: what is
/// sent then is lost, and nobody is told.
/// </summary>
internal sealed class MachineNetwork : IAsyncDisposable
{
    private const string Bridge = "br0";
    private const string HostPort = "host";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    private readonly string _prefix;
    private readonly List<Machine> _machines = [];

    // Reserved for tests between networks (RFC 2544), so that it collides with nothing.
    private readonly string _range = $"198.18.{Random.Shared.Next(256)}";

    private MachineNetwork(string suffix) => _prefix = $"oo{suffix}";

    /// <summary>Under which address the machines find this one.</summary>
    public string HostAddress => $"{_range}.1";

    private string Switch => $"{_prefix}s";

    private string HostLink => $"{_prefix}h";

    /// <summary>Why there can be no such network here, or null if there can.</summary>
    public static async Task<string?> FindMissingAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return "network namespaces need root";
        if (new[] { "ip", "nsenter" }.FirstOrDefault(program => ProgramSearch.Find(program) is null) is { } missing)
            return $"{missing} is not in PATH";
        var name = $"ooprobe{Environment.ProcessId}";
        var made = await TryAsync("netns", "add", name);
        await TryAsync("netns", "del", name);
        return made.ExitCode == 0 ? null : $"network namespaces cannot be made: {made.Errors.Trim()}";
    }

    public static async Task<MachineNetwork> CreateAsync(string suffix)
    {
        var network = new MachineNetwork(suffix);
        try
        {
            await RunAsync("netns", "add", network.Switch);
            await RunAsync("-n", network.Switch, "link", "add", Bridge, "type", "bridge");
            await RunAsync("-n", network.Switch, "link", "set", Bridge, "up");
            await RunAsync("link", "add", network.HostLink, "type", "veth", "peer", "name", HostPort, "netns", network.Switch);
            await RunAsync("-n", network.Switch, "link", "set", HostPort, "master", Bridge, "up");
            await RunAsync("address", "add", $"{network.HostAddress}/24", "dev", network.HostLink);
            await RunAsync("link", "set", network.HostLink, "up");
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    public async Task<Machine> AddAsync()
    {
        var number = _machines.Count + 2;
        var machine = new Machine($"{_prefix}m{number}", $"port{number}");
        _machines.Add(machine);
        await RunAsync("netns", "add", machine.Namespace);
        await RunAsync("-n", machine.Namespace, "link", "set", "lo", "up");
        await RunAsync("-n", machine.Namespace, "link", "add", "eth0", "type", "veth", "peer", "name", machine.Port, "netns", Switch);
        await RunAsync("-n", Switch, "link", "set", machine.Port, "master", Bridge, "up");
        await RunAsync("-n", machine.Namespace, "address", "add", $"{_range}.{number}/24", "dev", "eth0");
        await RunAsync("-n", machine.Namespace, "link", "set", "eth0", "up");
        return machine;
    }

    /// <summary>Cuts a machine off, or connects it again.</summary>
    public Task SetAsync(Machine machine, bool isConnected) => SetPortAsync(machine.Port, isConnected);

    /// <summary>Cuts all machines off from this one, but not from each other, or connects them again.</summary>
    public Task SetHostAsync(bool isConnected) => SetPortAsync(HostPort, isConnected);

    public async ValueTask DisposeAsync()
    {
        foreach (var machine in _machines)
            await TryAsync("netns", "del", machine.Namespace);
        await TryAsync("link", "del", HostLink);
        await TryAsync("netns", "del", Switch);
    }

    private Task SetPortAsync(string port, bool isConnected) => RunAsync("-n", Switch, "link", "set", port, isConnected ? "up" : "down");

    private static async Task RunAsync(params string[] arguments)
    {
        var result = await TryAsync(arguments);
        result.ExitCode.ShouldBe(0, result.ToString());
    }

    private static async Task<CommandResult> TryAsync(params string[] arguments)
    {
        await using var command = RunningCommand.Start("ip", arguments);
        return await command.WaitAsync(Timeout);
    }
}

/// <summary>A machine with processes and a network of its own.</summary>
/// <param name="Namespace">Its network namespace.</param>
/// <param name="Port">Its port at the switch.</param>
internal sealed record Machine(string Namespace, string Port)
{
    /// <summary>The words that run a program on the machine. The file system stays this machine's, cgroups among it.</summary>
    public IReadOnlyList<string> Entry => ["nsenter", $"--net=/run/netns/{Namespace}", "--"];

    /// <summary>Stops everything that runs on the machine, as a hypervisor or a debugger does.</summary>
    public async Task PauseAsync()
    {
        // What is starting something while it is stopped shows at the second look.
        for (var i = 0; i < 3; i++)
            await HostProcesses.SignalAsync("STOP", await ProcessesAsync());
    }

    /// <summary>Lets everything go on that <see cref="PauseAsync"/> stopped.</summary>
    public async Task ContinueAsync() => await HostProcesses.SignalAsync("CONT", await ProcessesAsync());

    private async Task<IReadOnlyList<int>> ProcessesAsync()
    {
        await using var command = RunningCommand.Start("ip", ["netns", "pids", Namespace]);
        return [.. (await command.WaitAsync(TimeSpan.FromSeconds(20))).Lines.Select(int.Parse)];
    }
}
