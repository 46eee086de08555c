using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.EndToEnd.Tests.Fencing;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Network;

/// <summary>
/// The network of pods over two machines, each with a network, an engine and a daemon of its own: real packets between pods, services in
/// the kernel, node ports and names.
/// </summary>
public sealed class NodesNetworkTests : EndToEndTest
{
    private const string Web = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              terminationGracePeriodSeconds: 1
              containers:
              - name: web
                image: IMAGE
                command: [sh, -c, 'mkdir /pages && echo $NODE >/pages/index.html && exec httpd -f -p 8080 -h /pages']
                env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
                readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
        """;

    // Of two endpoints, one is left out of so many questions once in 65,000 times; who asks is asked again.
    private const int Questions = 16;

    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(2);

    private readonly List<MachineOfPods> _nodes = [];
    private MachineNetwork _network = null!;
    private Member _control = null!;
    private string[] _silo = [];
    private string _siloFolder = "";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var missing = PostgreSqlServer.Missing ?? await MachineNetwork.FindMissingAsync() ?? await OwnEngine.FindMissingAsync()
            ?? (new[] { "nft", "iptables" }.FirstOrDefault(program => ProgramSearch.Find(program) is null) is { } program ? $"{program} is not in PATH" : null)
            ?? (new[] { "/opt/cni/bin/bridge", "/usr/lib/cni/bridge" }.Any(File.Exists) ? null : "there are no network plugins (containernetworking-plugins)");
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    [Fact]
    public async Task Pods_OfTwoMachines_ReachEachOtherByAddressServiceNameAndNodePort_WhateverIsLost()
    {
        var api = await StartAsync();
        string[] both = [.. _nodes.Select(node => node.Name)];
        await FindPodsAsync(api);
        var service = await api.GetAsync($"/api/v1/namespaces/{UniqueName}/services/web");
        var (clusterIP, nodePort) = ((string)service["spec"]!["clusterIP"]!, (int)service["spec"]!["ports"]![0]!["nodePort"]!);
        var named = $"web.{UniqueName}.svc.cluster.local";

        foreach (var (from, to) in new[] { (0, 1), (1, 0) })
            (await AskFromPodAsync(from, $"{_nodes[to].PodAddress}:8080")).ShouldBe(both[to], "pods reach each other by their addresses");
        foreach (var from in new[] { 0, 1 })
        {
            await AnswersComeFromAsync(() => AskFromPodAsync(from, clusterIP), both);
            await AnswersComeFromAsync(() => AskFromPodAsync(from, named), both);
            await AnswersComeFromAsync(() => AskFromOutsideAsync(from, nodePort), both);
        }

        // Without the control plane nothing of it ends.
        await _control.KillAsync();
        foreach (var from in new[] { 0, 1 })
        {
            await AnswersComeFromAsync(() => AskFromPodAsync(from, named), both);
            await AnswersComeFromAsync(() => AskFromOutsideAsync(from, nodePort), both);
        }

        _control = await StartMemberAsync(_siloFolder, _silo);

        // A machine that is cut off gets no connections, and gets them again when it is back.
        await _network.SetAsync(_nodes[1].Machine, false);
        await AnswersComeFromAsync(() => AskFromPodAsync(0, named), [both[0]]);
        await AnswersComeFromAsync(() => AskFromOutsideAsync(0, nodePort), [both[0]]);
        await _network.SetAsync(_nodes[1].Machine, true);
        await Eventually.PassesAsync(() => FindPodsAsync(api));
        await AnswersComeFromAsync(() => AskFromPodAsync(0, named), both);
        await AnswersComeFromAsync(() => AskFromPodAsync(1, named), both);
        await AnswersComeFromAsync(() => AskFromOutsideAsync(1, nodePort), both);
    }

    /// <summary>Starts the cluster, and a pod on each node behind a service.</summary>
    private async Task<ApiConnection> StartAsync()
    {
        AtEnd(() => Leftovers.RemoveAsync(UniqueName));
        var scratch = NewScratch();
        AtEnd(() => Leftovers.RemoveAsync(scratch.Folder));
        _network = Own(await MachineNetwork.CreateAsync(UniqueName["e2e-".Length..]));
        foreach (var name in new[] { "a", "b" })
        {
            var machine = await _network.AddAsync();
            var engine = Own(await OwnEngine.StartAsync(scratch.At($"engine-{name}"), machine));
            OnFailure(() => Task.FromResult(engine.Describe()));
            _nodes.Add(new MachineOfPods(name, machine, engine));
        }

        var server = Own(await PostgreSqlServer.StartAsync(Cancelled));
        var options = scratch.At("options.yaml");
        await File.WriteAllTextAsync(options, "nodeAddressing: {clusterCidr: 10.244.0.0/16}\nnode: {podNetwork: Bridge, proxyMode: Nftables}\n", Cancelled);
        _siloFolder = scratch.At("silo");
        _silo = [
            "silo", "--postgres", await server.CreateDatabaseAsync("cluster", Cancelled), "--port", $"{FreePorts.Next()}", "--silo-port", "0",
            "--advertise", _network.HostAddress, "--cluster", "network", "--config", options,
        ];
        _control = await StartMemberAsync(_siloFolder, _silo);
        foreach (var node in _nodes)
        {
            var environment = new Dictionary<string, string> { ["DOCKER_HOST"] = node.Engine.Address, ["ORCHESTRATOR_NODE__PROXYMODE"] = "Nftables" };
            var daemon = Own(Member.LaunchBy(
                node.Machine.Entry, environment, scratch.At($"node-{node.Name}"), "node", "--kubeconfig", _control.KubeConfig, "--name", node.Name, "--runtime", "docker", "--config", options));
            OnFailure(() => Task.FromResult(daemon.Describe()));
        }

        var kubectl = new Kubectl(_control.KubeConfig, scratch.At("home"));
        await kubectl.RunAsync("create", "namespace", UniqueName);
        await kubectl.RunWithInputAsync(Web.Replace("IMAGE", DockerEngine.Image, StringComparison.Ordinal), "apply", "-n", UniqueName, "-f", "-");
        var api = new ApiConnection(_control.KubeConfig, Cancelled);
        AtEnd(() =>
        {
            api.Dispose();
            return Task.CompletedTask;
        });
        await Eventually.PassesAsync(() => FindPodsAsync(api));
        return api;
    }

    /// <summary>Finds the ready pod of each node.</summary>
    private async Task FindPodsAsync(ApiConnection api)
    {
        var pods = (await api.ListAsync($"/api/v1/namespaces/{UniqueName}/pods")).Where(IsReady).ToDictionary(pod => (string)pod["spec"]!["nodeName"]!);
        pods.Keys.Order().ShouldBe(_nodes.Select(node => node.Name));
        foreach (var node in _nodes)
        {
            node.PodAddress = (string)pods[node.Name]["status"]!["podIP"]!;
            node.Container = ((string)pods[node.Name]["status"]!["containerStatuses"]![0]!["containerID"]!)["docker://".Length..];
        }
    }

    private static bool IsReady(JsonNode pod) => pod["metadata"]!["deletionTimestamp"] is null
        && pod["status"]?["conditions"]?.AsArray().Any(condition => (string?)condition!["type"] == "Ready" && (string?)condition["status"] == "True") is true;

    /// <summary>Asks until a round of questions is answered, and by exactly these nodes.</summary>
    private static Task AnswersComeFromAsync(Func<Task<string>> askAsync, string[] nodes) => Eventually.PassesAsync(async () =>
    {
        var answers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < Questions && !(nodes.Length > 1 && answers.SetEquals(nodes)); i++)
            answers.Add(await askAsync());
        answers.Order().ShouldBe(nodes);
    });

    /// <summary>Asks a server from within the pod of a node, without the API.</summary>
    private async Task<string> AskFromPodAsync(int node, string at) => (await _nodes[node].Engine.RunInAsync(_nodes[node].Container, "wget", "-T", "2", "-q", "-O", "-", $"http://{at}/")).Text.Trim();

    /// <summary>Asks at a node's port from a machine that is no node.</summary>
    private async Task<string> AskFromOutsideAsync(int node, int port)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        limit.CancelAfter(AnswerTime);
        try
        {
            // Each question has a connection of its own.
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Parse(_network.AddressOf(_nodes[node].Machine)), port, limit.Token);
            await client.GetStream().WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), limit.Token);
            using var reader = new StreamReader(client.GetStream());
            return (await reader.ReadToEndAsync(limit.Token)).Split("\r\n\r\n")[^1].Trim();
        }
        catch (Exception silence) when (silence is SocketException or IOException or OperationCanceledException && !Cancelled.IsCancellationRequested)
        {
            return silence.GetType().Name;
        }
    }

    private sealed class MachineOfPods(string name, Machine machine, OwnEngine engine)
    {
        public string Name => name;

        public Machine Machine => machine;

        public OwnEngine Engine => engine;

        public string PodAddress { get; set; } = "";

        public string Container { get; set; } = "";
    }
}
