using k8s.Models;
using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Nodes;

/// <summary>Nodes that fall silent, with times of about a second (invariant I7).</summary>
public sealed class NodeLifecycleTests : IAsyncLifetime
{
    private static readonly NodeLifecycleOptions Options = new()
    {
        Times = new FencingTimes
        {
            LeaseDuration = TimeSpan.FromSeconds(1.5),
            DefaultToleration = TimeSpan.FromSeconds(1),
            FencingTime = TimeSpan.FromSeconds(1),
            StopTime = TimeSpan.FromSeconds(0.5),
        },
        MissingNodeGrace = TimeSpan.FromSeconds(1),
    };

    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, Task> _beating = [];
    private readonly HashSet<string> _silent = [];
    private readonly Dictionary<string, long> _lastBeats = [];
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(new ScriptedLog(), new ControlPlaneOptions { NodeLifecycle = Options });
        foreach (var node in new[] { "n1", "n2" })
        {
            await Api.CreateAsync(PodSamples.Node(node));
            _beating[node] = BeatAsync(node);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_beating.Values);
        await _silo.DisposeAsync();
        _stopping.Dispose();
    }

    [Fact]
    public async Task ASilentNode_LosesItsPodsAfterLeaseAndToleration_AndNotBefore()
    {
        await Api.CreateAsync(PodSamples.Controller("default", "web", 4));
        var before = await Api.UntilAsync<V1Pod>("default", pods => pods.Count == 4 && pods.TrueForAll(pod => !string.IsNullOrEmpty(pod.Spec.NodeName)));
        var doomed = before.Where(pod => pod.Spec.NodeName == "n1").Select(pod => pod.Metadata.Uid).ToList();
        doomed.ShouldNotBeEmpty();

        lock (_silent)
            _silent.Add("n1");
        long replacedAt = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                var pods = await Api.ListAsync<V1Pod>("default");
                replacedAt = TimeProvider.System.GetTimestamp();
                return pods.Count(pod => pod.Metadata.DeletionTimestamp is null && pod.Spec.NodeName == "n2") == 4;
            });

        TimeProvider.System.GetElapsedTime(_lastBeats["n1"], replacedAt).ShouldBeGreaterThanOrEqualTo(Options.Times.LeaseDuration + Options.Times.DefaultToleration - TimeSpan.FromMilliseconds(100));
        var node = await Api.GetAsync<V1Node>("", "n1");
        node.Status.Conditions.Single(condition => condition.Type == "Ready").Status.ShouldBe("Unknown");
        node.Spec.Taints.ShouldContain(taint => taint.Key == "node.kubernetes.io/unreachable" && taint.Effect == "NoExecute");
        (await Api.GetAsync<V1Node>("", "n2")).Spec.Taints.ShouldBeNull();
    }

    [Fact]
    public async Task NodeLifecycle_NodeThatComesBack_IsUsedAgain()
    {
        lock (_silent)
            _silent.Add("n1");
        await Api.UntilAsync<V1Node>("", nodes => nodes.Exists(node => node.Metadata.Name == "n1" && node.Spec.Taints is { Count: > 0 }));
        lock (_silent)
            _silent.Remove("n1");
        await Api.PatchAsync<V1Node>(
            "", "n1", PatchType.StrategicMergePatch, """{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}""", "status");
        await Api.UntilAsync<V1Node>("", nodes => nodes.TrueForAll(node => node.Spec.Taints is null or { Count: 0 }));
    }

    [Fact]
    public async Task NodeLifecycle_WhenNoNodeIsHeardOf_NothingIsEvicted()
    {
        await Api.CreateAsync(PodSamples.Pod("default", "p", node: "n1"));
        lock (_silent)
            _silent.UnionWith(["n1", "n2"]);
        await Api.UntilAsync<V1Node>("", nodes => nodes.TrueForAll(
            node => node.Status.Conditions.Any(condition => condition is { Type: "Ready", Status: "Unknown" })));
        var silentSince = TimeProvider.System.GetTimestamp();
        await Eventually.HoldsAsync(
            async () =>
            {
                (await Api.GetAsync<V1Pod>("default", "p")).Metadata.DeletionTimestamp.ShouldBeNull();
                return TimeProvider.System.GetElapsedTime(silentSince) > Options.Times.DefaultToleration * 2;
            });
    }

    [Fact]
    public async Task NodeLifecycle_WhenMostNodesAreSilent_EvictsNothingAndSaysSoUntilTheyAreBack()
    {
        foreach (var node in new[] { "n3", "n4", "n5" })
        {
            await Api.CreateAsync(PodSamples.Node(node));
            _beating[node] = BeatAsync(node);
        }

        await Api.CreateAsync(PodSamples.Pod("default", "p", node: "n1"));
        lock (_silent)
            _silent.UnionWith(["n1", "n3", "n4"]);
        var events = await Api.UntilAsync<Corev1Event>("default", events => events.Exists(told => told.Reason == "EvictionsPaused" && told.InvolvedObject.Name == "n1")
            && events.Exists(told => told.Reason == "EvictionsPaused" && told.InvolvedObject.Kind == "Namespace"));
        events.Find(told => told.InvolvedObject.Kind == "Namespace")!.Message.ShouldStartWith("In the cluster 3 of 5 nodes are silent or not ready: the fault may be the control plane's own");

        lock (_silent)
            _silent.Clear();
        foreach (var node in new[] { "n1", "n3", "n4" })
        {
            await Api.PatchAsync<V1Node>(
                "", node, PatchType.StrategicMergePatch, """{"status":{"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady"}]}}""", "status");
        }

        await Api.UntilAsync<Corev1Event>("default", told => told.Exists(one => one.Reason == "EvictionsResumed"));
        (await Api.GetAsync<V1Pod>("default", "p")).Metadata.DeletionTimestamp.ShouldBeNull();
    }

    [Fact]
    public async Task PodOfASilentNode_ThatAFinalizerKeeps_HasFailedAndSaysWhy()
    {
        var pod = PodSamples.Pod("default", "p", node: "n1");
        pod.Metadata.Finalizers = ["example.com/look"];
        await Api.CreateAsync(pod);
        lock (_silent)
            _silent.Add("n1");

        var evicted = (await Api.UntilAsync<V1Pod>("default", pods => pods is [{ Metadata.DeletionTimestamp: not null }])).Single();

        evicted.Status.Phase.ShouldBe("Failed");
        var condition = evicted.Status.Conditions.Single(condition => condition.Type == "DisruptionTarget");
        (condition.Status, condition.Reason, condition.Message).ShouldBe(("True", "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint"));
        await Api.PatchAsync<V1Pod>("default", "p", PatchType.MergePatch, """{"metadata": {"finalizers": null}}""");
    }

    [Fact]
    public async Task ANode_WhoseWritesAreRefused_IsToldOfAndHoldsUpNoOther()
    {
        // So large that its new conditions make it too large.
        var full = PodSamples.Node("a-full");
        full.Status.Images = [new V1ContainerImage { Names = [new string('a', (int)(new StoreOptions().ObjectBytesMax - 1200))] }];
        await Api.CreateAsync(full);
        lock (_silent)
            _silent.Add("n1");

        await Api.UntilAsync<V1Node>("", nodes => nodes.Exists(node => node is { Metadata.Name: "n1" }
            && node.Status.Conditions.Single(condition => condition.Type == "Ready").Status == "Unknown"));
        var told = await Api.UntilAsync<Corev1Event>("default", events => events.Exists(told => told is { Reason: "FailedHandling", InvolvedObject.Name: "a-full" }));

        told.First(one => one.InvolvedObject.Name == "a-full").Message.ShouldContain("limit", Case.Insensitive);
    }

    /// <summary>Renews a node's lease as its daemon does.</summary>
    private async Task BeatAsync(string node)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        do
        {
            lock (_silent)
            {
                if (_silent.Contains(node))
                    continue;
                _lastBeats[node] = TimeProvider.System.GetTimestamp();
            }

            try
            {
                await RenewAsync(node);
            }
            catch (ApiException)
            {
                // The next beat is near.
            }
        }
        while (await NextAsync(timer));
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private Task RenewAsync(string node) => Api.Objects.UpdateAsync(
        ApiUser.Ref<V1Lease>("kube-node-lease", node),
        new V1Lease
        {
            Metadata = new V1ObjectMeta { Name = node, NamespaceProperty = "kube-node-lease" },
            Spec = new V1LeaseSpec { HolderIdentity = node, RenewTime = TimeProvider.System.GetUtcNow().UtcDateTime },
        },
        ApiUser.Options,
        CancellationToken.None);
}
