using System.Collections.Concurrent;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>
/// A machine or a pod with a network of its own: a network namespace, and a thread in it. What runs by its scheduler sees that network,
/// and so do the programs that it starts and the sockets that it makes.
/// </summary>
internal sealed partial class NetworkMachine : TaskScheduler, IAsyncDisposable
{
    private const int NewNetwork = 0x4000_0000;

    private readonly BlockingCollection<Task> _tasks = [];
    private readonly List<IDisposable> _sockets = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;

    private NetworkMachine(string name)
    {
        Name = name;
        _thread = new Thread(Run) { IsBackground = true, Name = name };
        _thread.Start();
    }

    /// <summary>The name of the network namespace.</summary>
    public string Name { get; }

    /// <summary>Why there can be no machines here; null if there can.</summary>
    public static async Task<string?> FindMissingAsync()
    {
        if (!Environment.IsPrivilegedProcess)
            return "network namespaces need root";
        var probe = $"oo-probe-{Environment.ProcessId}";
        var made = await RunAsync("ip", "netns", "add", probe);
        await RunAsync("ip", "netns", "del", probe);
        if (!made.IsSuccess)
            return $"network namespaces cannot be made: {made.Error}";
        return (await RunAsync("nft", "list", "tables")) is { IsSuccess: false } result ? $"nft does not work: {result.Error}" : null;
    }

    /// <summary>Makes a machine.</summary>
    public static async Task<NetworkMachine> StartAsync()
    {
        var name = "oo-" + RandomNumberGenerator.GetHexString(8, lowercase: true);
        Check(await RunAsync("ip", "netns", "add", name));
        var machine = new NetworkMachine(name);
        await machine.IpAsync("link set lo up");
        return machine;
    }

    /// <summary>Does something on the machine.</summary>
    public Task<T> DoAsync<T>(Func<Task<T>> action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, this).Unwrap();

    /// <inheritdoc cref="DoAsync{T}(Func{Task{T}})"/>
    public Task<T> DoAsync<T>(Func<T> action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, this);

    /// <summary>Runs <c>ip</c> on the machine.</summary>
    public async Task IpAsync(string arguments) => Check(await DoAsync(() => RunAsync("ip", arguments.Split(' '))));

    /// <summary>Runs <c>nft</c> on the machine.</summary>
    /// <returns>What it says; empty if it fails.</returns>
    public async Task<string> NftAsync(string arguments) => (await DoAsync(() => RunAsync("nft", arguments.Split(' ')))).Output;

    /// <summary>Connects two machines by a cable, or a machine to another one's bridge.</summary>
    public async Task ConnectAsync(string interfaceName, string address, NetworkMachine other, string otherName, string? otherAddress)
    {
        await IpAsync($"link add {interfaceName} type veth peer name {otherName} netns {other.Name}");
        await IpAsync($"address add {address} dev {interfaceName}");
        await IpAsync($"link set {interfaceName} up");
        if (otherAddress is not null)
            await other.IpAsync($"address add {otherAddress} dev {otherName}");
        await other.IpAsync($"link set {otherName} up");
    }

    /// <summary>Sets a parameter of the machine's kernel.</summary>
    public Task SetAsync(string parameter, string value) => DoAsync(() =>
    {
        File.WriteAllText($"/proc/sys/net/{parameter}", value);
        return true;
    });

    /// <summary>Answers whoever connects with the name of the machine and the caller's address.</summary>
    public async Task ServeTcpAsync(int port)
    {
        var listener = await DoAsync(() =>
        {
            var made = new TcpListener(IPAddress.Any, port);
            made.Start();
            return made;
        });
        _sockets.Add(listener);
        _ = Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested)
            {
                using var client = await listener.AcceptTcpClientAsync(_stop.Token);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{Name} {((IPEndPoint)client.Client.RemoteEndPoint!).Address}"), _stop.Token);
            }
        });
    }

    /// <summary>Answers each packet with the name of the machine.</summary>
    public async Task ServeUdpAsync(int port)
    {
        var socket = await DoAsync(() => new UdpClient(port));
        _sockets.Add(socket);
        _ = Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested)
            {
                var packet = await socket.ReceiveAsync(_stop.Token);
                await socket.SendAsync(Encoding.ASCII.GetBytes(Name), packet.RemoteEndPoint, _stop.Token);
            }
        });
    }

    /// <summary>Connects from the machine.</summary>
    /// <returns>The name of the machine that answered and the address that it saw; the error if none did.</returns>
    public async Task<string> CallAsync(string address, int port, TimeSpan? within = null)
    {
        using var socket = await DoAsync(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(within ?? TimeSpan.FromSeconds(20));
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse($"{address}:{port}"), timeout.Token);
            var buffer = new byte[100];
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, timeout.Token));
        }
        catch (SocketException failed)
        {
            return failed.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            return "silence";
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var socket in _sockets)
            socket.Dispose();
        _tasks.CompleteAdding();
        _thread.Join();
        _tasks.Dispose();
        _stop.Dispose();
        await RunAsync("ip", "netns", "del", Name);
    }

    /// <inheritdoc/>
    protected override void QueueTask(Task task) => _tasks.Add(task);

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => Thread.CurrentThread == _thread && !taskWasPreviouslyQueued && TryExecuteTask(task);

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => _tasks;

    private static Task<CommandOutcome> RunAsync(string program, params string[] arguments) =>
        new MachineCommand(program, arguments) { Timeout = TimeSpan.FromSeconds(30) }.RunAsync(CancellationToken.None);

    private static void Check(CommandOutcome result) => result.IsSuccess.ShouldBeTrue(result.Error);

    private void Run()
    {
        using (var place = File.OpenHandle($"/run/netns/{Name}"))
        {
            if (Enter(place, NewNetwork) != 0)
                throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        foreach (var task in _tasks.GetConsumingEnumerable())
            TryExecuteTask(task);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Enter(SafeFileHandle place, int kind);
}
