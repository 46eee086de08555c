using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>One bad object harms itself only, in a whole silo.</summary>
public sealed class AbsurdObjectTests : IAsyncLifetime
{
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Pod_RequestingMoreThanAnyNumberHolds_IsToldWhyAndTheNextPodRuns()
    {
        await Api.CreateAsync(PodSamples.Node("n1"));
        await Api.CreateAsync(PodSamples.Pod("default", "absurd", cpu: "1e300"));
        await Api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod.Status?.Conditions?.Any(
            condition => condition is { Type: "PodScheduled", Status: "False", Reason: "Unschedulable" }
                && condition.Message.Contains("Insufficient cpu", StringComparison.Ordinal)) == true));

        await Api.CreateAsync(PodSamples.Pod("default", "plain", cpu: "100m"));

        await Api.UntilAsync<V1Pod>("default", all => all.Exists(pod => pod is { Metadata.Name: "plain", Spec.NodeName: "n1" }));
    }

    [Fact]
    public async Task Controller_ThatWaitsForWeeks_StopsNoOther()
    {
        var absurd = PodSamples.Controller("default", "absurd", 1);
        absurd.Spec.MinReadySeconds = 5_000_000;
        await Api.CreateAsync(absurd);
        var pods = await Api.UntilAsync<V1Pod>("default", all => all.Count == 1);
        await Api.PatchAsync<V1Pod>(
            "default", pods[0].Metadata.Name, PatchType.MergePatch,
            """{"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}""", "status");
        await Api.UntilAsync<V1ReplicationController>("default", all => all is [{ Status: { ReadyReplicas: 1 } }]);
        var wanted = _silo.Services.GetRequiredService<SingletonGrains>();

        foreach (var shard in wanted.All.Where(grain => grain.Name.StartsWith("replication-controller/", StringComparison.Ordinal)))
            (await wanted.CheckAsync(shard)).ShouldBeNull();
        var plain = PodSamples.Controller("default", "plain", 2);
        plain.Spec.Selector = plain.Spec.Template.Metadata.Labels = new Dictionary<string, string> { ["app"] = "plain" };
        await Api.CreateAsync(plain);
        await Api.UntilAsync<V1Pod>("default", all => all.Count == 3);
    }
}
