using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class ReplicationTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task AController_KeepsItsNumberOfPods_WhateverHappensToThem()
    {
        var controller = await Api.CreateAsync(PodSamples.Controller(_space, "web", 3));
        var pods = await PodsAsync(3);
        pods.ShouldAllBe(pod => pod.Metadata.OwnerReferences.Single().Uid == controller.Metadata.Uid);

        await Api.DeleteAsync<V1Pod>(_space, pods[0].Metadata.Name);
        await Api.UntilAsync<V1Pod>(_space, left => left.Count == 3 && left.TrueForAll(pod => pod.Metadata.Name != pods[0].Metadata.Name));

        await ScaleAsync(7);
        await PodsAsync(7);
        await ScaleAsync(0);
        await PodsAsync(0);
        await Api.UntilAsync<V1ReplicationController>(_space, all => all is [{ Status.Replicas: 0 }]);
    }

    [Fact]
    public async Task APodThatLosesItsLabel_IsReleased_AndReplaced()
    {
        await Api.CreateAsync(PodSamples.Controller(_space, "web", 2));
        var pods = await PodsAsync(2);
        await Api.PatchAsync<V1Pod>(_space, pods[0].Metadata.Name, PatchType.MergePatch, """{"metadata":{"labels":{"app":"debug"}}}""");
        var all = await Api.UntilAsync<V1Pod>(_space, left => left.Count == 3 && left.Exists(pod => pod.Metadata.OwnerReferences is null or { Count: 0 }));
        all.Single(pod => pod.Metadata.OwnerReferences is null or { Count: 0 }).Metadata.Name.ShouldBe(pods[0].Metadata.Name);
    }

    [Fact]
    public async Task AnOrphanThatMatches_IsAdopted_AndCounts()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "orphan", "web"));

        // A controller acts by what its silo has seen, which a list waits for.
        (await Api.ListAsync<V1Pod>(_space)).ShouldHaveSingleItem();
        var controller = await Api.CreateAsync(PodSamples.Controller(_space, "web", 1));
        await Api.UntilAsync<V1Pod>(_space, pods => pods is [{ Metadata: { Name: "orphan", OwnerReferences: [{ } owner] } }] && owner.Uid == controller.Metadata.Uid);
    }

    [Fact]
    public async Task Replication_DeletedInTheBackground_ItsPodsFollow()
    {
        await Api.CreateAsync(PodSamples.Controller(_space, "web", 3));
        await PodsAsync(3);
        (await Api.DeleteAsync<V1ReplicationController>(_space, "web", new DeletionOptions { Propagation = DeletionPropagation.Background })).IsGone.ShouldBeTrue();
        await PodsAsync(0);
    }

    [Fact]
    public async Task Replication_DeletedInTheForeground_ItWaitsForItsPods()
    {
        await Api.CreateAsync(PodSamples.Controller(_space, "web", 2));
        var pods = await PodsAsync(2);
        await HoldAsync(pods[0]);
        (await Api.DeleteAsync<V1ReplicationController>(_space, "web", new DeletionOptions { Propagation = DeletionPropagation.Foreground })).IsGone.ShouldBeFalse();
        await PodsAsync(1);
        (await Api.FindAsync<V1ReplicationController>(_space, "web")).ShouldNotBeNull();

        await Api.PatchAsync<V1Pod>(_space, pods[0].Metadata.Name, PatchType.MergePatch, """{"metadata":{"finalizers":null}}""");
        await Api.UntilAsync<V1ReplicationController>(_space, controllers => controllers.Count == 0);
        await PodsAsync(0);
    }

    [Fact]
    public async Task Replication_DeletedWithItsPodsOrphaned_TheyStayWithoutAnOwner()
    {
        await Api.CreateAsync(PodSamples.Controller(_space, "web", 3));
        var pods = await PodsAsync(3);
        await Api.DeleteAsync<V1ReplicationController>(_space, "web", new DeletionOptions { Propagation = DeletionPropagation.Orphan });
        await Api.UntilAsync<V1ReplicationController>(_space, controllers => controllers.Count == 0);
        var left = await Api.ListAsync<V1Pod>(_space);
        left.Select(pod => pod.Metadata.Uid).ShouldBe(pods.Select(pod => pod.Metadata.Uid));
        left.ShouldAllBe(pod => pod.Metadata.OwnerReferences == null || pod.Metadata.OwnerReferences.Count == 0);
    }

    [Fact]
    public async Task Replication_PodWhoseOwnerNeverExisted_IsCollected()
    {
        var pod = PodSamples.Pod(_space, "lost");
        pod.Metadata.OwnerReferences =
            [new V1OwnerReference { ApiVersion = "v1", Kind = "ReplicationController", Name = "none", Uid = "00000000-0000-0000-0000-000000000000" }];
        await Api.CreateAsync(pod);
        await PodsAsync(0);
    }

    private Task<List<V1Pod>> PodsAsync(int count) => Api.UntilAsync<V1Pod>(_space, pods => pods.Count == count);

    private Task HoldAsync(V1Pod pod) => Api.PatchAsync<V1Pod>(
        _space, pod.Metadata.Name, PatchType.MergePatch, """{"metadata":{"finalizers":["example.com/hold"]}}""");

    private Task ScaleAsync(int replicas) => Api.PatchAsync<V1ReplicationController>(
        _space, "web", PatchType.MergePatch, $$$"""{"spec":{"replicas":{{{replicas}}}}}""");
}
