using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>The shards of a controller that decides by part learn of every change that matters.</summary>
public sealed class DaemonSetTests : IAsyncLifetime
{
    private TestSilo _silo = null!;
    private string _space = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync()
    {
        _silo = await TestSilo.StartAsync(new ScriptedLog());
        _space = await Api.NewNamespaceAsync();
    }

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task DaemonSet_WhateverChangesOfItsNodesAndPods_HasOnePodOnEachNode()
    {
        await AddNodesAsync(0, 6);
        await Api.CreateAsync(new V1DaemonSet
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "agent" },
            Spec = new V1DaemonSetSpec
            {
                Selector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["app"] = "agent" } },
                Template = new V1PodTemplateSpec
                {
                    Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["app"] = "agent" } },
                    Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Image = "i" }] },
                },
            },
        });
        var pods = await UntilOnAsync("n0", "n1", "n2", "n3", "n4", "n5");

        await AddNodesAsync(6, 8);
        await UntilOnAsync("n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7");
        await Api.DeleteAsync<V1Pod>(_space, On(pods, "n1").Metadata.Name, new DeletionOptions { GracePeriodSeconds = 0 });
        await UntilAsync(all => all.Exists(pod => pod.Spec.NodeName == "n1" && pod.Metadata.Uid != On(pods, "n1").Metadata.Uid));

        // An orphan is adopted, and one that leaves the selector gets a successor.
        await Api.PatchAsync<V1Pod>(_space, On(pods, "n2").Metadata.Name, PatchType.MergePatch, """{"metadata":{"ownerReferences":null}}""");
        await Api.PatchAsync<V1Pod>(_space, On(pods, "n3").Metadata.Name, PatchType.MergePatch, """{"metadata":{"labels":{"app":"other"}}}""");
        await UntilAsync(all => all.Count(pod => pod.Spec.NodeName == "n3") == 2
            && all.Exists(pod => pod.Metadata.Name == On(pods, "n2").Metadata.Name && pod.Metadata.OwnerReferences is [{ Kind: "DaemonSet" }]));

        await Api.PatchAsync<V1Node>("", "n4", PatchType.MergePatch, """{"spec":{"taints":[{"key":"theirs","effect":"NoExecute"}]}}""");
        await UntilAsync(all => !all.Exists(pod => pod.Spec.NodeName == "n4" && pod.Metadata.DeletionTimestamp is null));
        await Api.PatchAsync<V1Pod>(_space, On(pods, "n0").Metadata.Name, PatchType.StrategicMergePatch, """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}}""", "status");
        await Api.UntilAsync<V1DaemonSet>(_space, sets => sets is [{ Status: { DesiredNumberScheduled: 7, CurrentNumberScheduled: 7, NumberReady: 1 } }]);
    }

    private async Task AddNodesAsync(int from, int to)
    {
        for (var i = from; i < to; i++)
            await Api.CreateAsync(PodSamples.Node($"n{i}"));
    }

    private static V1Pod On(List<V1Pod> pods, string node) => pods.Single(pod => pod.Spec.NodeName == node);

    private Task<List<V1Pod>> UntilOnAsync(params string[] nodes) =>
        UntilAsync(pods => pods.Select(pod => pod.Spec.NodeName).Order(StringComparer.Ordinal).SequenceEqual(nodes));

    private Task<List<V1Pod>> UntilAsync(Func<List<V1Pod>, bool> condition) => Api.UntilAsync<V1Pod>(_space, condition);
}
