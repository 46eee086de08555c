using System.Globalization;
using System.Net;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>The life of a replicated service, with real processes behind it. Each test leaves three ready pods to the next one.</summary>
[Collection(typeof(PodsCollection))]
public abstract class ReplicatedServiceTests(RuntimeCluster runtime) : EndToEndTest
{
    private HelloSample _hello = null!;

    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    private string Space => runtime.Space;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        if (await runtime.FindMissingAsync() is { } missing)
            Assert.Skip(missing);
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        _hello = await runtime.StartHelloAsync();
    }

    [Fact]
    public async Task Service_ThreeReplicas_AnswersFromEach()
    {
        var pods = await _hello.WaitForReadyPodsAsync(3);

        await _hello.WaitForAnswersFromAsync([.. pods.Select(HelloSample.NameOf)]);
    }

    [Fact]
    public async Task Service_WhoseEndpointsAreWrittenByHand_AnswersFromThem()
    {
        var pod = (await _hello.PodsAsync())[0];
        await Kubectl.RunWithInputAsync(ServiceByHand((string)pod["status"]!["podIP"]!), "apply", "-n", Space, "-f", "-");

        var address = await _hello.ServiceAddressAsync("by-hand");
        await Eventually.PassesAsync(async () => (await HelloSample.AskAsync(address)).ShouldBe($"hello from {HelloSample.NameOf(pod)}"));
        await Kubectl.RunAsync("delete", "service", "by-hand", "-n", Space);
    }

    [Fact]
    public async Task Proxy_OfPodsAndTheirService_AnswersThroughTheApi()
    {
        var pods = await _hello.PodsAsync();
        foreach (var name in pods.Select(HelloSample.NameOf))
            (await Kubectl.RunAsync("get", "--raw", $"/api/v1/namespaces/{Space}/pods/{name}/proxy/")).Text.Trim().ShouldBe($"hello from {name}");

        (await Kubectl.RunAsync("get", "--raw", $"/api/v1/namespaces/{Space}/services/hello:80/proxy/")).Text.Trim()
            .ShouldBeOneOf([.. pods.Select(pod => $"hello from {HelloSample.NameOf(pod)}")]);
    }

    [Fact]
    public async Task Ingress_OfTheService_AnswersAlsoWhileItsPodsAreReplaced()
    {
        await Eventually.PassesAsync(async () => (await Kubectl.RunAsync("get", "ingress", "hello", "-n", Space)).Lines[1]
            .ShouldMatch(@"^hello +orchestrator +hello\.example\.com +127\.0\.0\.1 +80 "));
        var pods = (await _hello.PodsAsync()).Select(HelloSample.NameOf).ToList();
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Host = "hello.example.com";
        var address = new Uri($"http://127.0.0.1:{runtime.IngressPort}/");
        await Eventually.IsAsync(async () => (await client.GetAsync(address, Cancelled)).StatusCode, HttpStatusCode.OK);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var load = Enumerable.Range(0, 4).Select(_ => AskAsync()).ToArray();

        await Kubectl.RunAsync("delete", "pod", pods[0], pods[1], "-n", Space);
        var after = (await _hello.WaitForReadyPodsAsync(3)).Select(HelloSample.NameOf).ToList();
        await _hello.WaitForAnswersFromAsync(after);
        await stop.CancelAsync();

        var answers = (await Task.WhenAll(load)).SelectMany(given => given).ToHashSet(StringComparer.Ordinal);
        answers.ShouldBeSubsetOf(pods.Union(after).Select(pod => $"hello from {pod}"));
        answers.ShouldContain($"hello from {pods[2]}");

        async Task<HashSet<string>> AskAsync()
        {
            var given = new HashSet<string>(StringComparer.Ordinal);
            while (!stop.IsCancellationRequested)
            {
                using var response = await client.GetAsync(address, Cancelled);
                var text = (await response.Content.ReadAsStringAsync(Cancelled)).Trim();
                given.Add(response.StatusCode == HttpStatusCode.OK ? text : $"{response.StatusCode} {text}");
            }

            return given;
        }
    }

    [Fact]
    public async Task Container_Killed_IsRestartedInItsPod()
    {
        var victim = (await _hello.PodsAsync())[0];
        var name = HelloSample.NameOf(victim);
        var process = HelloSample.ProcessOf(name);
        var restarts = (int)HelloSample.ContainerOf(victim)["restartCount"]!;
        await runtime.KillContainerAsync((string)HelloSample.ContainerOf(victim)["containerID"]!, process);

        await Eventually.PassesAsync(async () =>
        {
            var pod = (await _hello.PodsAsync()).Single(item => HelloSample.NameOf(item) == name);
            ((int)HelloSample.ContainerOf(pod)["restartCount"]!).ShouldBe(restarts + 1);
            HelloSample.IsReady(pod).ShouldBeTrue();
        });
        HelloSample.ProcessOf(name).ShouldNotBe(process);
        (await _hello.PodsAsync()).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Pod_Deleted_IsReplacedByAnother()
    {
        var before = (await _hello.PodsAsync()).Select(HelloSample.NameOf).ToList();
        await Kubectl.RunAsync("delete", "pod", before[0], "-n", Space);

        var after = (await _hello.WaitForReadyPodsAsync(3)).Select(HelloSample.NameOf).ToList();
        after.ShouldNotContain(before[0]);
        after.ShouldBeSubsetOf(after.Where(before.Contains).Concat(after.Except(before)));
        after.Intersect(before).Count().ShouldBe(2);
        HostProcesses.WithEnvironment("POD_NAME", before[0]).ShouldBeEmpty();
        await _hello.WaitForAnswersFromAsync(after);
    }

    [Fact]
    public async Task Controller_Scaled_FollowsUpAndDown()
    {
        await Kubectl.RunAsync("scale", "rc", "hello", "--replicas", "5", "-n", Space);
        var five = await _hello.WaitForReadyPodsAsync(5);
        await _hello.WaitForAnswersFromAsync([.. five.Select(HelloSample.NameOf)]);

        await Kubectl.RunAsync("scale", "rc", "hello", "--replicas", "3", "-n", Space);
        var three = await _hello.WaitForReadyPodsAsync(3);

        three.Select(HelloSample.NameOf).ShouldBeSubsetOf(five.Select(HelloSample.NameOf));
        await Eventually.PassesAsync(async () =>
        {
            var status = (await runtime.Cluster.Api.GetAsync($"/api/v1/namespaces/{Space}/replicationcontrollers/hello"))["status"]!;
            ((int)status["replicas"]!).ShouldBe(3);
            ((int)status["readyReplicas"]!).ShouldBe(3);
        });
        await _hello.WaitForAnswersFromAsync([.. three.Select(HelloSample.NameOf)]);
    }

    [Fact]
    public async Task Logs_OfAPod_AreWhatItWrote()
    {
        var pod = (await _hello.PodsAsync())[0];
        var line = $"{HelloSample.NameOf(pod)} serves on {pod["status"]!["podIP"]}:8080";

        (await Kubectl.RunAsync("logs", HelloSample.NameOf(pod), "-n", Space)).Lines.ShouldBe([line]);
        (await Kubectl.RunAsync("logs", HelloSample.NameOf(pod), "-n", Space, "--tail", "0")).Lines.ShouldBeEmpty();
        (await Kubectl.RunAsync("logs", HelloSample.NameOf(pod), "-n", Space, "--timestamps")).Lines[0]
            .ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z " + System.Text.RegularExpressions.Regex.Escape(line));
        (await Kubectl.RunAsync("logs", "-l", "app=hello", "-n", Space)).Lines.Length.ShouldBe(3);
    }

    [Fact]
    public async Task Metrics_OfANode_AreScrapedThroughTheApi()
    {
        var pod = (await _hello.PodsAsync())[0];
        var proxy = $"/api/v1/nodes/{pod["spec"]!["nodeName"]}/proxy";

        foreach (var path in new[] { "/metrics/cadvisor", "/metrics/resource", "/stats/summary", "/pods" })
            (await Kubectl.RunAsync("get", "--raw", proxy + path)).Text.ShouldContain(HelloSample.NameOf(pod));
        (await Kubectl.RunAsync("get", "--raw", proxy + "/metrics/probes")).Text.ShouldContain("# TYPE prober_probe_total counter");
        (await Kubectl.RunAsync("get", "--raw", proxy + "/configz")).Text.ShouldContain("\"kubeletconfig\"");
    }

    [Fact]
    public async Task Logs_Followed_ShowNewLinesAndEndWithTheContainer()
    {
        await Kubectl.RunWithInputAsync(CounterPod(), "apply", "-n", Space, "-f", "-");
        await Kubectl.RunAsync("wait", "pod/counter", "--for=condition=Ready", "--timeout=60s", "-n", Space);
        await using var follow = Kubectl.Start(["logs", "-f", "counter", "-n", Space]);

        await Eventually.PassesAsync(() =>
        {
            follow.Output.ShouldContain("line 3\n");
            return Task.CompletedTask;
        });
        await Kubectl.RunAsync("delete", "pod", "counter", "-n", Space);
        var ended = await follow.WaitAsync(Eventually.Patience);

        // A shell may add a last word of its own about the child that a signal has ended.
        string[] lines = [.. ended.Lines.Where(line => line != "Terminated")];
        lines.ShouldBe(Enumerable.Range(1, lines.Length).Select(number => string.Create(CultureInfo.InvariantCulture, $"line {number}")));
    }

    [Fact]
    public async Task Jobs_OfPodsThatEnd_Complete()
    {
        await Kubectl.RunAsync("create", "namespace", UniqueName);
        AtEnd(() => Kubectl.RunAsync("delete", "namespace", UniqueName));
        await Kubectl.RunWithInputAsync(Jobs(), "apply", "-n", UniqueName, "-f", "-");
        await Kubectl.RunAsync("create", "job", "now", "--from", "cronjob/yearly", "-n", UniqueName);

        await Kubectl.RunAsync("wait", "job", "indexed", "now", "--for=condition=Complete", "--timeout=60s", "-n", UniqueName);

        var logs = (await Kubectl.RunAsync("logs", "-l", "job-name=indexed", "-n", UniqueName)).Lines;
        logs.Order(StringComparer.Ordinal).ShouldBe(["index 0", "index 1", "index 2"]);
        (await Kubectl.RunAsync("get", "job", "indexed", "-n", UniqueName, "-o", "jsonpath={.status.completedIndexes} {.status.succeeded}")).Text.ShouldBe("0-2 3");
        (await Kubectl.RunAsync("get", "job", "now", "-n", UniqueName)).Lines[1].ShouldMatch(@"^now +Complete +1/1 +\d+s ");

        // Pods that were counted hold up nobody.
        await Kubectl.RunAsync("delete", "job", "indexed", "--timeout=60s", "-n", UniqueName);
        await Kubectl.RunAsync("wait", "pod", "-l", "job-name=indexed", "--for=delete", "--timeout=60s", "-n", UniqueName);
    }

    private string Jobs() => $"""
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: indexed
        spec:
          completionMode: Indexed
          completions: 3
          parallelism: 2
          template:
            spec: {PodThatEnds("echo index $JOB_COMPLETION_INDEX")}
        ---
        apiVersion: batch/v1
        kind: CronJob
        metadata:
          name: yearly
        spec:
          schedule: "0 0 1 1 *"
          jobTemplate:
            spec:
              template:
                spec: {PodThatEnds("true")}
        """;

    private string PodThatEnds(string command) => $$"""
        {"restartPolicy": "Never", "containers": [{"name": "main", "image": "{{runtime.Image}}", "imagePullPolicy": "IfNotPresent", "command": ["sh", "-c", "{{command}}"]}]}
        """;

    private static string ServiceByHand(string address) => $$"""
        apiVersion: v1
        kind: Service
        metadata: {name: by-hand}
        spec:
          ports: [{name: web, port: 80}]
        ---
        apiVersion: v1
        kind: Endpoints
        metadata: {name: by-hand}
        subsets:
        - addresses: [{ip: {{address}}}]
          ports: [{name: web, port: 8080}]
        """;

    private string CounterPod() => $"""
        apiVersion: v1
        kind: Pod
        metadata:
          name: counter
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: counter
              image: {runtime.Image}
              imagePullPolicy: IfNotPresent
              command: ["sh", "-c", "i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done"]
              env:
                - name: POD_NAMESPACE
                  value: {Space}
        """;
}
