using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Network;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Network;

/// <summary>A network namespace that stands for a machine, a switch or a pod. It lives as long as its process.</summary>
internal sealed class LabMachine : IAsyncDisposable
{
    private readonly Process _process;

    private LabMachine(Process process) => _process = process;

    public string NetworkPath => string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Id}/ns/net");

    public string ProcessId => _process.Id.ToString(CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Starts a namespace with its loopback up.</summary>
    public static async Task<LabMachine> StartAsync()
    {
        // Ends by itself if this process dies.
        var process = Process.Start(new ProcessStartInfo("unshare", ["--net", "sleep", "300"]))!;
        var machine = new LabMachine(process);
        await Eventually.HoldsAsync(() => !process.HasExited && LinkOf(process.Id) is { } link && link != LinkOf(Environment.ProcessId));
        await machine.MustAsync("ip", "link", "set", "lo", "up");
        return machine;
    }

    /// <summary>Runs a program in it.</summary>
    public Task<CommandOutcome> RunAsync(MachineCommand command, CancellationToken cancellationToken) =>
        new MachineCommand("nsenter", ["-t", ProcessId, "-n", "--", command.Program, .. command.Arguments])
        {
            Input = command.Input,
            Timeout = command.Timeout,
            Variables = command.Variables,
        }.RunAsync(cancellationToken);

    /// <summary>Runs a program in it that must succeed.</summary>
    public async Task<string> MustAsync(string program, params string[] arguments)
    {
        var outcome = await RunAsync(new MachineCommand(program, arguments), Token);
        outcome.IsSuccess.ShouldBeTrue($"{program} {string.Join(' ', arguments)}: {outcome.Error}");
        return outcome.Output;
    }

    /// <summary>Connects it to a switch.</summary>
    /// <param name="switch">A machine with a bridge.</param>
    /// <param name="bridge">The bridge.</param>
    /// <param name="port">The name of the cable at the switch.</param>
    /// <param name="addresses">Its addresses.</param>
    public async Task ConnectAsync(LabMachine @switch, string bridge, string port, params string[] addresses)
    {
        await @switch.MustAsync("ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ProcessId);
        await @switch.MustAsync("ip", "link", "set", port, "master", bridge, "up");
        foreach (var address in addresses)
            await MustAsync("ip", "addr", "add", address, "dev", "eth0", "nodad");
        await MustAsync("ip", "link", "set", "eth0", "up");
    }

    /// <summary>Listens for one connection, and returns the address from which it comes and all that it says.</summary>
    public async Task<(Task<(string From, int Bytes)> Heard, int Port)> ListenAsync(AddressFamily family, int port)
    {
        var listener = await SocketAsync(family);
        listener.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, port));
        listener.Listen();
        return (HearAsync(listener), ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    /// <summary>Says so many bytes to an address.</summary>
    public async Task SayAsync(string address, int port, int bytes)
    {
        var to = IPAddress.Parse(address);
        using var socket = await SocketAsync(to.AddressFamily);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        await socket.ConnectAsync(new IPEndPoint(to, port), limit.Token);
        for (var said = 0; said < bytes;)
            said += await socket.SendAsync(new byte[bytes - said], limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private static async Task<(string From, int Bytes)> HearAsync(Socket listener)
    {
        using (listener)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            using var heard = await listener.AcceptAsync(limit.Token);
            var (buffer, bytes) = (new byte[64 * 1024], 0);
            while (await heard.ReceiveAsync(buffer, limit.Token) is > 0 and var more)
                bytes += more;
            return (((IPEndPoint)heard.RemoteEndPoint!).Address.ToString(), bytes);
        }
    }

    private async Task<Socket> SocketAsync(AddressFamily family)
    {
        using var network = NetworkNamespace.TryOpen(_process.Id)!;
        return await network.CreateSocketAsync(family);
    }

    private static string? LinkOf(int process)
    {
        try
        {
            return new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/ns/net")).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }
}

/// <summary>A machine that is a node: the daemon's network on it, and pods.</summary>
internal sealed class LabNode(LabMachine machine, NetworkNode node, IReadOnlyList<MachineInterface>? interfaces = null) : IAsyncDisposable
{
    private static readonly IReadOnlyList<IPNetwork> Cluster = NetworkNode.ReadRanges(["10.244.0.0/16", "fd00:10:244::/56"]);
    private static readonly NetworkSettings Settings = new();

    private readonly string _folder = Directory.CreateTempSubdirectory("lab-").FullName;
    private readonly List<(LabMachine Pod, CniAttachment Attachment, JsonObject Result)> _pods = [];

    public LabMachine Machine => machine;

    public NetworkNode Node { get; set; } = node;

    /// <summary>What the kernel refused of the last change.</summary>
    public string? Refused => Network.Refused;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private MachineNetwork Network { get; } = new(Settings, machine.RunAsync);

    private CniClient Client => new(["/opt/cni/bin", "/usr/lib/cni"], TimeSpan.FromSeconds(30), machine.RunAsync);

    /// <summary>Why this machine has no such network; null if it has.</summary>
    public static string? Fault => !Environment.IsPrivilegedProcess ? "namespaces need root"
        : new[] { "ip", "nft", "iptables", "unshare", "nsenter", "bridge" }.FirstOrDefault(program => !Has(program)) is { } missing ? $"{missing} is not installed"
        : new CniClient(["/opt/cni/bin", "/usr/lib/cni"], TimeSpan.FromSeconds(1)).FindFault(BridgeNetwork.Make(0, [], 1500, "/"));

    public async Task<NetworkPlan> ApplyAsync(params NetworkNode[] all)
    {
        var plan = NetworkPlan.Make(Settings, Node, all, Cluster, interfaces ?? await Network.ReadInterfacesAsync(Token));
        await Network.ApplyAsync(plan, Token);
        return plan;
    }

    /// <summary>Starts a pod, and returns it with its addresses.</summary>
    public async Task<(LabMachine Pod, IReadOnlyList<string> Addresses)> StartPodAsync(NetworkPlan plan, params PublishedPort[] ports)
    {
        var pod = await LabMachine.StartAsync();
        var attachment = new CniAttachment($"sandbox-{pod.ProcessId}", pod.NetworkPath, "IgnoreUnknown=1", ports);
        var result = await Client.AddAsync(BridgeOf(plan), attachment, Token);
        await Client.CheckAsync(BridgeOf(plan), attachment, result, Token);
        _pods.Add((pod, attachment, result));
        return (pod, CniClient.AddressesOf(result));
    }

    /// <summary>Ends all pods and removes the network.</summary>
    public async Task RemoveAsync(NetworkPlan plan)
    {
        foreach (var (pod, attachment, result) in _pods)
        {
            await Client.DeleteAsync(BridgeOf(plan), attachment, result, Token);
            await pod.DisposeAsync();
        }

        _pods.Clear();
        await Network.RemoveAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (pod, _, _) in _pods)
            await pod.DisposeAsync();
        await machine.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private CniNetwork BridgeOf(NetworkPlan plan) => BridgeNetwork.Make(Settings.Index, plan.Own, plan.Mtu, _folder);

    private static bool Has(string program) => Environment.GetEnvironmentVariable("PATH")!.Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, program)));
}
