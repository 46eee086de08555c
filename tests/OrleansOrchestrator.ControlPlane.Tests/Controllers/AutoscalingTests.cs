using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Controllers.Autoscaling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Usage;
using OrleansOrchestrator.Kinds.Metrics;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class AutoscalingTests : IAsyncLifetime
{
    private const string Node = "n1";
    private const string Name = "web";

    private static readonly ControlPlaneOptions Options = new()
    {
        Autoscaler = new AutoscalerOptions { Period = TimeSpan.FromMilliseconds(200) },
        Usage = new UsageOptions { FreshFor = TimeSpan.Zero },
    };

    private readonly SqliteFile _file = new();
    private readonly Daemons _daemons = new();
    private TestSilo _silo = null!;
    private string _space = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync()
    {
        _silo = await StartAsync();
        _space = await Api.NewNamespaceAsync();
        await Api.CreateAsync(PodSamples.Node(Node));
        await Api.CreateAsync(PodSamples.Controller(_space, Name, 2));
        foreach (var pod in await Api.UntilAsync<V1Pod>(_space, pods => pods.Count == 2 && pods.TrueForAll(pod => pod.Spec.NodeName == Node)))
            await RunAsync(pod);
    }

    public async ValueTask DisposeAsync()
    {
        await using (_file)
            await _silo.DisposeAsync();
    }

    [Fact]
    public async Task PodMetrics_OfRunningPods_AreWhatTheirNodesMeasure()
    {
        var metrics = await Api.UntilAsync<V1beta1PodMetrics>(_space, all => all.Count == 2, labels: "app=web");

        metrics.ShouldAllBe(one => one.Containers.Single().Usage["cpu"].ToString() == "200m" && one.Containers.Single().Usage["memory"].ToString() == "1Mi");
        (metrics[0].Window, metrics[0].Metadata.Labels["app"]).ShouldBe(("15s", "web"));
        (await Api.GetAsync<V1beta1PodMetrics>(_space, metrics[0].Metadata.Name)).Containers.Single().Name.ShouldBe("main");
        (await Should.ThrowAsync<ApiException>(() => Api.GetAsync<V1beta1PodMetrics>(_space, "other"))).Message.ShouldBe("pods.metrics.k8s.io \"other\" not found");
        (await Api.ListAsync<V1beta1NodeMetrics>("")).ShouldHaveSingleItem().Usage["cpu"].ToString().ShouldBe("1");
        (await Api.ListAsync<V1beta1PodMetrics>("kube-system")).ShouldBeEmpty();
        _daemons.Silent = true;
        (await Api.ListAsync<V1beta1PodMetrics>(_space)).ShouldBeEmpty("a silent node is left out");
    }

    [Fact]
    public async Task Target_UnderLoad_IsScaledAndItsHistorySurvivesTheSilo()
    {
        await Api.CreateAsync(Autoscaler());

        await Api.UntilAsync<V1ReplicationController>(_space, all => all is [{ Spec.Replicas: 4 }]);
        await Api.UntilAsync<V2HorizontalPodAutoscaler>(_space, all => all is [{ Status.CurrentReplicas: 4 }]);
        var before = await HistoryAsync();
        before["changes"]!.AsArray().ShouldHaveSingleItem();

        await _silo.DisposeAsync();
        _silo = await StartAsync();

        (await HistoryAsync())["changes"]!.ToJsonString().ShouldBe(before["changes"]!.ToJsonString());
        await Api.DeleteAsync<V2HorizontalPodAutoscaler>(_space, Name);
        await Eventually.HoldsAsync(async () => (await EntriesAsync()).Count == 0, "nothing is remembered of an autoscaler that is gone");
    }

    [Fact]
    public async Task Autoscaler_ChangedWhileItsMetricsAreRead_ScalesAsItIsNow()
    {
        var answer = new TaskCompletionSource();
        _daemons.AnswersAfter = answer.Task;
        await Api.CreateAsync(Autoscaler());
        await _daemons.Asked.Task.WaitAsync(TestContext.Current.CancellationToken);
        await Api.PatchAsync<V2HorizontalPodAutoscaler>(_space, Name, PatchType.MergePatch, """{"spec":{"maxReplicas":3}}""");
        answer.SetResult();

        await Api.UntilAsync<V2HorizontalPodAutoscaler>(_space, all => all is [{ Status.DesiredReplicas: 3 }]);
        var target = await Api.GetAsync<V1ReplicationController>(_space, Name);
        (target.Spec.Replicas, target.Metadata.Generation).ShouldBe((3, 2), "it was scaled once");
    }

    [Fact]
    public async Task Metrics_ThatANodeTellsOfAnother_AreNotTaken()
    {
        await Api.CreateAsync(PodSamples.Node("n2"));
        var own = await Api.CreateAsync(PodSamples.Pod(_space, "own", "web", "n2"));
        await RunAsync(own);
        _daemons.Liar = "n2";

        var metrics = await Api.UntilAsync<V1beta1PodMetrics>(_space, all => all.Count >= 3);
        metrics.Select(one => (one.Metadata.Name == "own", one.Containers.Single().Usage["cpu"].ToString())).Order().ShouldBe([(false, "200m"), (false, "200m"), (true, "900m")]);
        (await Api.ListAsync<V1beta1NodeMetrics>("")).Select(one => (one.Metadata.Name, one.Usage["cpu"].ToString())).Order().ShouldBe([("n1", "1"), ("n2", "9")]);
    }

    [Fact]
    public async Task PodMetrics_OfPodsWithoutContainers_AreLeftOut()
    {
        _daemons.WithoutContainers = true;

        (await Api.ListAsync<V1beta1PodMetrics>(_space)).ShouldBeEmpty();
    }

    private V2HorizontalPodAutoscaler Autoscaler() => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = Name },
        Spec = new V2HorizontalPodAutoscalerSpec
        {
            MaxReplicas = 10,
            ScaleTargetRef = new V2CrossVersionObjectReference { ApiVersion = "v1", Kind = "ReplicationController", Name = Name },
            Metrics = [new V2MetricSpec { Type = "Resource", Resource = new V2ResourceMetricSource { Name = "cpu", Target = new V2MetricTarget { Type = "AverageValue", AverageValue = new ResourceQuantity("100m") } } }],
            Behavior = new V2HorizontalPodAutoscalerBehavior { ScaleUp = new V2HPAScalingRules { Policies = [new V2HPAScalingPolicy { Type = "Pods", Value = 2, PeriodSeconds = 600 }] } },
        },
    };

    private Task<TestSilo> StartAsync() => _file.StartSiloAsync(Options, services => services.AddSingleton<INodeStatistics>(_daemons));

    private async Task RunAsync(V1Pod pod)
    {
        _daemons.Pods[pod.Metadata.Uid] = pod;
        var ago = TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1);
        await Api.PatchAsync<V1Pod>(_space, pod.Metadata.Name, PatchType.MergePatch, $$$"""
            {"status":{"phase":"Running","startTime":"{{{ago:yyyy-MM-ddTHH:mm:ssZ}}}",
             "conditions":[{"type":"Ready","status":"True","lastTransitionTime":"{{{ago:yyyy-MM-ddTHH:mm:ssZ}}}"}]}}
            """, "status");
    }

    private async Task<JsonNode> HistoryAsync() => JsonNode.Parse((await EntriesAsync()).ShouldHaveSingleItem().Value)!;

    /// <summary>What all shards of the autoscaler have stored.</summary>
    private async Task<IReadOnlyCollection<KeyValuePair<string, string>>> EntriesAsync()
    {
        var grains = _silo.Services.GetRequiredService<IGrainFactory>();
        var entries = new List<KeyValuePair<string, string>>();
        for (var shard = 0; shard < Options.Controllers.ShardsPerController; shard++)
            entries.AddRange(await grains.GetGrain<IControllerMemoryGrain>($"horizontal-pod-autoscaler/{shard}").PeekAsync());
        return entries;
    }

    /// <summary>A node whose pods use 200m each.</summary>
    private sealed class Daemons : INodeStatistics
    {
        public ConcurrentDictionary<string, V1Pod> Pods { get; } = new();

        public bool Silent { get; set; }

        public bool WithoutContainers { get; set; }

        /// <summary>A node that says it were the other one, and that all pods use 900m.</summary>
        public string? Liar { get; set; }

        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task AnswersAfter { get; set; } = Task.CompletedTask;

        public async Task<StatsSummary> ReadAsync(V1Node node, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            await AnswersAfter.WaitAsync(cancellationToken);
            if (Silent)
                throw ApiErrors.ServiceUnavailable("no answer");
            var now = TimeProvider.System.GetUtcNow();
            var lies = node.Metadata.Name == Liar;
            var (cpu, memory) = (new CpuStats(now, 15_000_000_000, lies ? 900_000_000 : 200_000_000, 1), new MemoryStats(now, 1024 * 1024));
            return new StatsSummary(
                new NodeStats(Node, cpu with { UsageNanoCores = lies ? 9_000_000_000 : 1_000_000_000 }, memory),
                [.. Pods.Values.Select(pod => new PodStats(new PodReference(pod.Metadata.Name, pod.Metadata.NamespaceProperty, pod.Metadata.Uid), WithoutContainers ? [] : [new ContainerStats("main", cpu, memory)]))]);
        }
    }
}
