using System.Text;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Node.Agent;
using OrleansOrchestrator.Node.Api;
using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Pressure;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;
using OrleansOrchestrator.Node.Shutdown;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Fakes;

/// <summary>A node daemon against a fake API, with everything removed at the end.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("node-test-").FullName;
    private readonly TimeProvider _clock;
    private ClusterConnection? _connection;
    private FakeEngine? _engine;
    private bool _hasDisk;

    private TestNode(FakeApiServer api, NodeAgentOptions options, Func<NodeReadings>? signals, TimeProvider clock)
    {
        Signals = signals ?? (() => NodeReadings.None);
        _clock = clock;
        Api = api;
        // As users write it: the folder is found from wherever containers and the guard run.
        Options = options with { DataDirectory = Path.GetRelativePath(Environment.CurrentDirectory, _directory) };
    }

    public FakeApiServer Api { get; }

    public NodeAgentOptions Options { get; set; }

    /// <summary>What is left of what pods share; by default nothing is known, whatever this machine is short of.</summary>
    public Func<NodeReadings> Signals { get; set; }

    /// <summary>Whether the node belongs to its cluster.</summary>
    public bool HasJoined { get; set; } = true;

    /// <summary>How long gateways may take to see a changed node object.</summary>
    public TimeSpan GatewaysHearWithin { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Where the machine's logind is; null for none.</summary>
    public LogindPlace? Logind { get; set; }

    public NodeAgent Agent { get; private set; } = null!;

    public static string UniqueName() => $"node-{Guid.NewGuid():N}"[..20];

    public static async Task<TestNode> StartAsync(
        RuntimeKind runtime, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null, TimeProvider? clock = null, Func<NodeReadings>? signals = null,
        Func<TestNode, Task>? before = null, long? diskBytes = null)
    {
        var options = new NodeAgentOptions
        {
            Name = UniqueName(),
            Runtime = runtime,
            DataDirectory = "replaced",
            RestartDelay = TimeSpan.FromMilliseconds(500),
            RecordEvents = true,
        };
        var node = new TestNode(await FakeApiServer.StartAsync(), adjust is null ? options : adjust(options), signals, clock ?? TimeProvider.System);
        if (diskBytes is { } bytes)
        {
            Mounts.Memory(node._directory, bytes, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            node._hasDisk = true;
        }

        if (before is not null)
            await before(node);
        await node.StartAgentAsync();
        return node;
    }

    /// <summary>Starts a daemon on an engine that fails as the test wants it to. The engine ends with the node.</summary>
    public static async Task<TestNode> StartAsync(FakeEngine engine, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null, TimeProvider? clock = null, long? diskBytes = null)
    {
        var node = await StartAsync(RuntimeKind.Docker, options => (adjust ?? (same => same))(options with { DockerEndpoint = engine.Address }), clock, diskBytes: diskBytes);
        node._engine = engine;
        return node;
    }

    public async Task StartAgentAsync()
    {
        _connection = HasJoined ? Api.Connect() : ClusterConnection.Absent(new Uri(Api.Url));
        ILoggerFactory loggers = NullLoggerFactory.Instance;
        Agent = new NodeAgent(Options, _connection, _clock, loggers) { ReadSignals = () => Signals(), Logind = Logind, GatewaysHearWithin = GatewaysHearWithin };
        await Agent.StartAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Stops the daemon and leaves its pods, as a restart does.</summary>
    public async Task StopAgentAsync(bool stopPods = false)
    {
        await Agent.StopAsync(stopPods, TestContext.Current.CancellationToken);
        await Agent.DisposeAsync();
        _connection?.Dispose();
    }

    public string Put(V1Pod pod)
    {
        pod.Spec.NodeName = Options.Name;
        var path = PathOf(pod.Metadata.Name);
        Api.Put(path, pod);
        return path;
    }

    public static string PathOf(string name) => $"api/v1/namespaces/default/pods/{name}";

    /// <summary>The time since the API took the last renewal of the node's lease.</summary>
    public TimeSpan SinceRenewal => TimeProvider.System.GetUtcNow() - Api.Get<V1Lease>(ResourcePath.NodeLease(Options.Name))!.Spec.RenewTime!.Value;

    public V1Pod? Pod(string name) => Api.Get<V1Pod>(PathOf(name));

    /// <summary>What the container of a pod has written.</summary>
    public async Task<string> LogAsync(V1Pod pod)
    {
        using var output = new MemoryStream();
        var id = TestPods.Status(pod)!.ContainerID;
        await Agent.Runtime.CopyLogsAsync(id[(id.IndexOf("://", StringComparison.Ordinal) + 3)..], new LogQuery(), output, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(output.ToArray());
    }

    public async Task<V1Pod> PodAsync(string name, Func<V1Pod, bool> condition, string what, int seconds = 45)
    {
        try
        {
            return await Eventually.AnswersAsync(() => Pod(name) is { } pod && condition(pod) ? pod : null, what, within: TimeSpan.FromSeconds(seconds));
        }
        catch (TimeoutException exception)
        {
            var events = Api.List<Corev1Event>("api/v1/namespaces/default/events/").Select(e => $"{e.Reason}: {e.Message} x{e.Count}");
            throw new TimeoutException($"{exception.Message}\n{KubernetesJson.Serialize(Pod(name)?.Status)}\n{string.Join('\n', events)}");
        }
    }

    public void Delete(string name, int graceSeconds) => Api.Change(PathOf(name), pod =>
    {
        pod["metadata"]!["deletionTimestamp"] = TimeProvider.System.GetUtcNow().AddSeconds(graceSeconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        pod["metadata"]!["deletionGracePeriodSeconds"] = graceSeconds;
    });

    public async ValueTask DisposeAsync()
    {
        try
        {
            await EndWithNothingLeftAsync();
        }
        finally
        {
            await Api.DisposeAsync();
            if (_engine is not null)
                await _engine.DisposeAsync();
            if (_hasDisk)
                Mounts.Unmount(_directory);
            Directory.Delete(_directory, recursive: true);
        }
    }

    private async Task EndWithNothingLeftAsync()
    {
        // A test that failed between two runs of the daemon leaves its pods to a third one.
        if (Agent.RuntimeVersion.Length == 0)
            await StartAgentAsync();
        var usesDocker = Agent.RuntimeVersion.StartsWith("docker:", StringComparison.Ordinal);
        await StopAgentAsync(stopPods: true);

        // A node that stops with its pods leaves nothing on the machine.
        ProcessTable.Describe(_directory).ShouldBeEmpty();
        if (usesDocker)
        {
            using var engine = DockerEngine.Connect(Options.DockerEndpoint);
            (await DockerMachine.ContainersOfAsync(engine, this)).ShouldBeEmpty();
        }
    }
}
