using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

/// <summary>The taints by condition of a node, from its creation on.</summary>
public sealed class NodeTaintTests : IAsyncLifetime
{
    private const string NotReady = "node.kubernetes.io/not-ready";

    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(new ScriptedLog());

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task Node_ThatIsNew_IsTaintedUntilItIsReady()
    {
        var node = PodSamples.Node("n1");
        node.Spec.Taints = [new V1Taint { Key = "own", Effect = "NoSchedule" }];
        node.Status.Conditions[0].Status = "False";

        var created = await Api.CreateAsync(node);

        created.Spec.Taints.Select(taint => (taint.Key, taint.Effect)).ShouldBe([("own", "NoSchedule"), (NotReady, "NoSchedule")]);
        await SetAsync("Ready", "True");
        await UntilTaintedAsync("own");
    }

    [Fact]
    public async Task Node_WithATaintOfItsOwnForThat_GetsNoSecondOne()
    {
        var node = PodSamples.Node("n1");
        node.Spec.Taints = [new V1Taint { Key = NotReady, Effect = "NoSchedule", Value = "own" }];

        (await Api.CreateAsync(node)).Spec.Taints.ShouldHaveSingleItem().Value.ShouldBe("own");
    }

    [Fact]
    public async Task Node_WhoseConditionsChange_HasTheTaintsThatFollow()
    {
        await Api.CreateAsync(PodSamples.Node("n1"));
        foreach (var condition in (string[])["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"])
            await SetAsync(condition, "True");
        await Api.PatchAsync<V1Node>("", "n1", PatchType.MergePatch, """{"spec":{"unschedulable":true}}""");
        await UntilTaintedAsync(
            "node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure", "node.kubernetes.io/network-unavailable",
            "node.kubernetes.io/pid-pressure", "node.kubernetes.io/unschedulable");

        foreach (var condition in (string[])["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"])
            await SetAsync(condition, "False");
        await Api.PatchAsync<V1Node>("", "n1", PatchType.MergePatch, """{"spec":{"unschedulable":null}}""");
        await UntilTaintedAsync();
    }

    private Task SetAsync(string type, string status) => Api.PatchAsync<V1Node>(
        "", "n1", PatchType.StrategicMergePatch, $$$"""{"status":{"conditions":[{"type":"{{{type}}}","status":"{{{status}}}"}]}}""", "status");

    private Task UntilTaintedAsync(params string[] keys) => Api.UntilAsync<V1Node>("", nodes =>
        nodes is [{ Spec.Taints: var taints }]
        && (taints ?? []).Where(taint => taint.Effect == "NoSchedule").Select(taint => taint.Key).Order(StringComparer.Ordinal).SequenceEqual(keys));
}
