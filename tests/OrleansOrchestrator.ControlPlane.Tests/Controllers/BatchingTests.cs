using System.Diagnostics.Metrics;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>The changes of many objects cost few looks at the one that they belong to.</summary>
[Collection(nameof(Telemetry.InstrumentTests))]
public sealed class BatchingTests : IAsyncLifetime
{
    private const int Pods = 240;

    private readonly Reconciles _reconciles = new();
    private TestSilo _silo = null!;
    private string _space = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(new ScriptedLog());
        _space = await Api.NewNamespaceAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _reconciles.Dispose();
        await _silo.DisposeAsync();
    }

    [Fact]
    public async Task Job_OfManyPodsThatEndOneByOne_IsLookedAtFewTimes()
    {
        await Api.CreateAsync(new V1Job
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "many" },
            Spec = new V1JobSpec
            {
                Completions = Pods,
                Parallelism = Pods,
                Template = new V1PodTemplateSpec { Spec = new V1PodSpec { SchedulerName = "nobody", RestartPolicy = "Never", Containers = [new V1Container { Name = "c", Image = "i" }] } },
            },
        });
        var pods = await Api.UntilAsync<V1Pod>(_space, all => all.Count == Pods);
        await EachAsync(pods, """{"status":{"phase":"Succeeded"}}""");
        await Api.UntilAsync<V1Job>(_space, jobs => jobs is [{ Status.Succeeded: Pods, Status.CompletionTime: not null }]);

        _reconciles.Of("job-controller").ShouldBeLessThan(Pods / 8);
    }

    [Fact]
    public async Task Service_OfManyPodsThatBecomeReadyOneByOne_IsLookedAtFewTimes()
    {
        await Api.CreateAsync(PodSamples.Service(_space, "web"));
        await Api.CreateAsync(PodSamples.Controller(_space, "web", Pods));
        var pods = await Api.UntilAsync<V1Pod>(_space, all => all.Count == Pods);
        await EachAsync(pods, """{"status":{"phase":"Running","podIP":"10.0.0.1","conditions":[{"type":"Ready","status":"True"}]}}""");
        await Api.UntilAsync<V1EndpointSlice>(_space, slices => slices.Sum(slice => slice.Endpoints?.Count ?? 0) == Pods);

        _reconciles.Of("endpointslice-controller").ShouldBeLessThan(Pods / 8);
        _reconciles.Of("endpoint-controller").ShouldBeLessThan(Pods / 8);
        _reconciles.Of("replication-controller").ShouldBeLessThan(Pods / 4);
    }

    [Fact]
    public async Task Quota_OfManyObjectsThatComeOneByOne_IsLookedAtFewTimes()
    {
        await Api.CreateAsync(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "q" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["configmaps"] = new($"{10 * Pods}") } },
        });
        for (var i = 0; i < Pods; i++)
            await Api.CreateAsync(Samples.MapModel(_space, $"m{i}"));
        await Eventually.IsAsync(
            async () => (await Api.GetAsync<V1ResourceQuota>(_space, "q")).Status?.Used is { } used && used.TryGetValue("configmaps", out var count) ? Quantity.From(count).ToString() : null, $"{Pods}");

        _reconciles.Of("resourcequota-controller").ShouldBeLessThan(Pods / 4);
    }

    [Fact]
    public async Task ClusterRoles_ThatAggregateNothing_AreNotLookedAtForOthers()
    {
        await Task.WhenAll(Enumerable.Range(0, Pods).Select(i => Api.CreateAsync(new V1ClusterRole { Metadata = new V1ObjectMeta { Name = $"plain-{i}" } })));
        await Api.CreateAsync(new V1ClusterRole
        {
            Metadata = new V1ObjectMeta { Name = "sum" },
            AggregationRule = new V1AggregationRule { ClusterRoleSelectors = [new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["to"] = "sum" } }] },
        });
        for (var i = 1; i <= 5; i++)
        {
            await Api.CreateAsync(new V1ClusterRole
            {
                Metadata = new V1ObjectMeta { Name = $"part-{i}", Labels = new Dictionary<string, string> { ["to"] = "sum" } },
                Rules = [new V1PolicyRule { ApiGroups = [""], Resources = [$"r{i}"], Verbs = ["get"] }],
            });
            await Api.UntilAsync<V1ClusterRole>("", roles => roles.Exists(role => role.Metadata.Name == "sum" && role.Rules?.Count == i));
        }

        _reconciles.Of("clusterrole-aggregation-controller").ShouldBeLessThan(Pods);
    }

    private async Task EachAsync(IEnumerable<V1Pod> pods, string status)
    {
        foreach (var pod in pods)
            await Api.PatchAsync<V1Pod>(_space, pod.Metadata.Name, PatchType.MergePatch, status, "status");
    }

    /// <summary>Counts the reconciles of each controller in this process.</summary>
    private sealed class Reconciles : IDisposable
    {
        private readonly Lock _gate = new();
        private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);
        private readonly MeterListener _listener = new();

        public Reconciles()
        {
            _listener.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "controller_runtime_reconcile")
                    listener.EnableMeasurementEvents(instrument);
            };
            _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
            {
                foreach (var (key, value) in tags)
                {
                    if (key != "controller")
                        continue;
                    lock (_gate)
                        _counts[(string)value!] = _counts.GetValueOrDefault((string)value!) + count;
                }
            });
            _listener.Start();
        }

        public long Of(string controller)
        {
            lock (_gate)
                return _counts.GetValueOrDefault(controller);
        }

        public void Dispose() => _listener.Dispose();
    }
}
