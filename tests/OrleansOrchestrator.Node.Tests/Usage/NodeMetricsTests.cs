using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests.Usage;

/// <summary>What a node tells of its pods to who scrapes it, with the kernel's own numbers.</summary>
public sealed partial class NodeMetricsTests(DockerMachine docker) : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");

    [Fact]
    public async Task Node_WithPodsOnDocker_TellsAllThatTheKubeletTells()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker, o => o with { ClientAuthorities = [_authority] });
        var pod = TestPods.Shell(
            "a", "trap 'exit 0' TERM; head -c 300000 /dev/zero >/root-file; head -c 200000 /dev/zero >/data/file; echo said; while :; do sleep 0.1; done", image: DockerMachine.Image);
        var container = pod.Spec.Containers[0];
        container.Resources = new V1ResourceRequirements { Limits = new Dictionary<string, ResourceQuantity> { ["memory"] = new("64Mi"), ["cpu"] = new("500m") } };
        container.VolumeMounts = [new V1VolumeMount { Name = "data", MountPath = "/data" }];
        container.ReadinessProbe = new V1Probe { Exec = new V1ExecAction { Command = ["test", "-f", "/data/file"] }, PeriodSeconds = 1 };
        pod.Spec.Volumes = [new V1Volume { Name = "data", EmptyDir = new V1EmptyDirVolumeSource() }];
        node.Put(pod);
        var running = await node.PodAsync("a", TestPods.IsReady, "the pod is ready", 60);
        var id = TestPods.Status(running)!.ContainerID["docker://".Length..];
        using var client = Client(node);

        // What takes longer than the first asker waits is left out of the first answers.
        var cadvisor = "";
        await Eventually.HoldsAsync(
            async () => (cadvisor = await GetAsync(client, "/metrics/cadvisor")).Contains("container_fs_usage_bytes{container=\"main\"", StringComparison.Ordinal), "disks are measured");
        var cgroup = new Regex($@"id=""([^""]+{id}[^""]*)""").Match(cadvisor).Groups[1].Value;
        cgroup.ShouldContain("pod");
        var labels = $@"container=""main"",id=""{cgroup}"",image=""{DockerMachine.Image}"",name=""{id}"",namespace=""default"",pod=""a""";
        foreach (var (name, more, least) in new (string, string, double)[]
        {
            ("container_cpu_usage_seconds_total", ",cpu=\"total\"", 0.001),
            ("container_memory_working_set_bytes", "", 10_000), ("container_memory_rss", "", 10_000), ("container_memory_usage_bytes", "", 10_000),
            ("container_memory_cache", "", 0), ("container_threads", "", 1), ("container_spec_memory_limit_bytes", "", 64 << 20),
            ("container_spec_cpu_quota", "", 50_000), ("container_spec_cpu_shares", "", 512), ("container_start_time_seconds", "", 1_700_000_000), ("container_oom_events_total", "", 0),
        })
        {
            ValueOf(cadvisor, name, labels + more).ShouldNotBeNull(name).ShouldBeGreaterThanOrEqualTo(least, name);
        }

        cadvisor.ShouldMatch($@"(?m)^container_fs_usage_bytes\{{{Regex.Escape(labels)},device=""[^""]+""\}} \d+ \d+$");
        cadvisor.ShouldMatch(@"(?m)^container_network_receive_bytes_total\{container="""",id=""[^""]+"",image="""",name=""[^""]+"",namespace=""default"",pod=""a"",interface=""eth0""\} \d+ \d+$");
        cadvisor.ShouldMatch(@"(?m)^container_cpu_usage_seconds_total\{container="""",id=""/"",.*,cpu=""total""\} ");
        cadvisor.ShouldMatch(@"(?m)^container_memory_working_set_bytes\{container="""",id=""[^""]*pod[^""]+"",image="""",name="""",namespace=""default"",pod=""a""\} ");
        cadvisor.ShouldMatch(@"(?m)^machine_memory_bytes\{boot_id=""[^""]+"",.*\} \d{8,}$");
        ShouldBeWellFormed(cadvisor);

        var resources = await GetAsync(client, "/metrics/resource");
        ValueOf(resources, "container_memory_working_set_bytes", @"container=""main"",namespace=""default"",pod=""a""").ShouldNotBeNull().ShouldBeGreaterThan(10_000);
        ValueOf(resources, "pod_cpu_usage_seconds_total", @"namespace=""default"",pod=""a""").ShouldNotBeNull().ShouldBeGreaterThan(0);
        resources.ShouldMatch(@"(?m)^node_memory_working_set_bytes \d+ \d+$");
        resources.ShouldContain("\nresource_scrape_error 0\n");
        ShouldBeWellFormed(resources);

        var probes = await GetAsync(client, "/metrics/probes");
        probes.ShouldMatch($@"(?m)^prober_probe_total\{{container=""main"",namespace=""default"",pod=""a"",pod_uid=""{running.Metadata.Uid}"",probe_type=""Readiness"",result=""successful""\}} [1-9]");
        probes.ShouldMatch(@"(?m)^prober_probe_duration_seconds_bucket\{container=""main"",namespace=""default"",pod=""a"",probe_type=""Readiness"",le=""\+Inf""\} [1-9]");
        ShouldBeWellFormed(probes);

        var summary = JsonNode.Parse(await GetAsync(client, "/stats/summary"))!;
        foreach (var path in new[]
        {
            "node.cpu.usageNanoCores", "node.memory.availableBytes", "node.memory.rssBytes", "node.network.interfaces.0.rxBytes", "node.fs.usedBytes", "node.runtime.imageFs.capacityBytes",
            "node.rlimit.maxpid", "node.swap.swapUsageBytes", "node.systemContainers.0.memory.workingSetBytes", "node.startTime",
            "pods.0.cpu.usageNanoCores", "pods.0.memory.workingSetBytes", "pods.0.network.rxBytes", "pods.0.ephemeral-storage.usedBytes", "pods.0.process_stats.process_count", "pods.0.startTime",
            "pods.0.volume.0.capacityBytes", "pods.0.containers.0.rootfs.usedBytes", "pods.0.containers.0.logs.usedBytes", "pods.0.containers.0.memory.rssBytes", "pods.0.containers.0.startTime",
        })
        {
            At(summary, path).ShouldNotBeNull(path);
        }

        var stats = summary["pods"]![0]!;
        At(stats, "containers.0.rootfs.usedBytes")!.GetValue<long>().ShouldBeInRange(300_000, 1_000_000);
        stats["volume"]!.AsArray().Single(volume => (string?)volume!["name"] == "data")!["usedBytes"]!.GetValue<long>().ShouldBeInRange(200_000, 300_000);
        At(stats, "ephemeral-storage.usedBytes")!.GetValue<long>().ShouldBeGreaterThan(500_000);
        At(stats, "containers.0.memory.availableBytes")!.GetValue<long>().ShouldBeInRange(1, 64 << 20);
        summary.ToJsonString().ShouldNotContain(":null");
    }

    [Fact]
    public async Task Node_OfProcesses_LeavesOutWhatNobodyMeasures()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = 33, ClientAuthorities = [_authority], MaxPods = 17 });
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        using var client = Client(node);

        var cadvisor = await GetAsync(client, "/metrics/cadvisor");
        cadvisor.ShouldMatch(@"(?m)^container_memory_working_set_bytes\{container=""main"",.*\} [1-9]\d+ \d+$");
        cadvisor.ShouldNotMatch(@"(?m)^container_(network|spec|memory_cache|fs_usage)[a-z_]*\{[^}]*pod=""a""[^}]*\} 0");
        ShouldBeWellFormed(cadvisor);
        (await GetAsync(client, "/metrics/probes")).ShouldNotContain("prober_probe_total{");
        JsonNode.Parse(await GetAsync(client, "/configz"))!["kubeletconfig"]!["maxPods"]!.GetValue<int>().ShouldBe(17);
        var summary = JsonNode.Parse(await GetAsync(client, "/stats/summary"))!;
        At(summary, "pods.0.containers.0.rootfs").ShouldBeNull();
        At(summary, "pods.0.containers.0.cpu.usageNanoCores").ShouldNotBeNull();
    }

    public void Dispose() => _authority.Dispose();

    /// <summary>Every line is a comment or a sample, a family is in one place, and no series is there twice.</summary>
    private static void ShouldBeWellFormed(string text)
    {
        var (families, series) = (new HashSet<string>(), new HashSet<string>());
        var family = "";
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                families.Add(family = line.Split(' ')[2]).ShouldBeTrue(line);
            if (line[0] == '#')
                continue;
            var match = SampleLine().Match(line);
            match.Success.ShouldBeTrue(line);
            match.Groups[1].Value.ShouldStartWith(family);
            series.Add(match.Groups[1].Value + match.Groups[2].Value).ShouldBeTrue(line);
        }

        series.ShouldNotBeEmpty();
    }

    [GeneratedRegex(@"^([a-z_]+)(\{(?:[a-zA-Z_]+=""(?:[^""\\]|\\.)*"",?)*\})? [-+0-9.eEInf]+( \d+)?$")]
    private static partial Regex SampleLine();

    private static double? ValueOf(string text, string name, string labels) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith($"{name}{{{labels}}} ", StringComparison.Ordinal)) is { } line
            ? double.Parse(line.Split("} ")[1].Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture)
            : null;

    private static JsonNode? At(JsonNode node, string path) => path.Split('.').Aggregate(
        (JsonNode?)node, (at, part) => at is JsonArray array ? array.ElementAtOrDefault(int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)) : at?[part]);

    private HttpClient Client(TestNode node)
    {
        var caller = TestCertificates.Caller(_authority, "system:kube-apiserver");
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => caller,
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{node.Agent.Port}") };
    }

    private static async Task<string> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
