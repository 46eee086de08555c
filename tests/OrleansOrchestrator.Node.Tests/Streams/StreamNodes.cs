using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Streams;

/// <summary>
/// A node of each runtime with an idle pod <c>a</c>, shared by the tests of a class: to start an engine's pod takes longer than what
/// they do with it.
/// </summary>
public sealed class StreamNodes : IAsyncDisposable
{
    /// <summary>What the container <c>main</c> of the pod <c>a</c> does.</summary>
    internal const string Idle = "trap 'exit 0' TERM; while :; do sleep 0.1; done";

    private static int _index = 80;

    private readonly DockerMachine _docker;
    private readonly ContainerdMachine _containerd;
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");
    private readonly X509Certificate2 _caller;
    private readonly Dictionary<RuntimeKind, TestNode> _nodes = [];

    public StreamNodes(DockerMachine docker, ContainerdMachine containerd)
    {
        (_docker, _containerd) = (docker, containerd);
        _caller = TestCertificates.Caller(_authority, "system:kube-apiserver");
        Connections = ChannelClient.Connect(_caller);
    }

    /// <summary>Calls nodes as the API server does.</summary>
    internal HttpMessageInvoker Connections { get; }

    /// <summary>The node of a runtime, started by the first test that needs it; skips the test where the runtime is absent.</summary>
    internal async Task<TestNode> OfAsync(string runtime)
    {
        var kind = await RequireAsync(runtime);
        if (_nodes.TryGetValue(kind, out var node))
            return node;
        node = await StartAsync(kind);
        _nodes[kind] = node;
        await RunAsync(node, TestPods.Shell("a", Idle, image: DockerMachine.Image));
        return node;
    }

    /// <summary>Starts a node of its own for a test that has other options.</summary>
    internal async Task<TestNode> StartAsync(RuntimeKind kind, Func<NodeAgentOptions, NodeAgentOptions>? adjust = null) => await TestNode.StartAsync(
        kind, options => (adjust ?? (same => same))(options with { Index = Interlocked.Increment(ref _index), ClientAuthorities = [_authority], ContainerRuntimeEndpoint = _containerd.Endpoint }));

    /// <summary>Runs a pod, and waits until it runs.</summary>
    internal static async Task RunAsync(TestNode node, V1Pod pod)
    {
        node.Put(pod);
        await node.PodAsync(pod.Metadata.Name, p => TestPods.Status(p)?.State?.Running is not null, "it runs");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Values)
            await node.DisposeAsync();
        Connections.Dispose();
        _caller.Dispose();
        _authority.Dispose();
    }

    private async Task<RuntimeKind> RequireAsync(string runtime)
    {
        var kind = Enum.Parse<RuntimeKind>(runtime);
        if (kind == RuntimeKind.Docker)
            _docker.SkipIfAbsent();
        else if (kind == RuntimeKind.Containerd)
            await _containerd.RequireAsync();
        return kind;
    }
}
