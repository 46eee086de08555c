using k8s.Models;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>Adoption by an owner whose deletion its controller does not know of yet.</summary>
public sealed class AdoptionTests
{
    private const string Owners = "replicationcontrollers";

    [Fact]
    public async Task Adoption_WhileTheCacheOfOwnersLagsBehindADeletion_WaitsAndAdoptsNothing()
    {
        LaggingReader owners = null!;
        var log = new ScriptedLog();
        var options = new ControlPlaneOptions { Controllers = new ControllerOptions { ShardsPerController = 1, LatestAfterMove = TimeSpan.FromMilliseconds(1) } };
        await using var silo = await TestSilo.StartAsync(log, options, reader: store => owners = new LaggingReader(store, Owners));
        var api = silo.Api;
        await api.CreateAsync(PodSamples.Controller("default", "web", 0));
        await api.CreateAsync(PodSamples.Controller("default", "other", 1));
        await api.UntilAsync<V1ReplicationController>("default", all => all.TrueForAll(one => one.Status?.ObservedGeneration == 1 && one.Status.Replicas == one.Spec.Replicas));
        var first = (await api.ListAsync<V1Pod>("default")).ShouldHaveSingleItem();

        owners.Hold();
        var before = log.HeadOf(Owners);
        var deletion = api.DeleteAsync<V1ReplicationController>("default", "web", new DeletionOptions { Propagation = DeletionPropagation.Orphan });
        await Eventually.HoldsAsync(() => log.HeadOf(Owners) > before, "the deletion is durable, and no cache has it");
        // As if the collector, on another silo, had just taken its reference away.
        await api.CreateAsync(PodSamples.Pod("default", "orphan", app: "web"));
        // The same shard replaces another pod, which goes later: so it has looked at the orphan.
        await api.DeleteAsync<V1Pod>("default", first.Metadata.Name, new DeletionOptions { GracePeriodSeconds = 0 });
        await api.UntilAsync<V1Pod>("default", pods => pods.Count == 2 && pods.TrueForAll(pod => pod.Metadata.Uid != first.Metadata.Uid));

        (await api.GetAsync<V1Pod>("default", "orphan")).Metadata.OwnerReferences.ShouldBeNull();
        owners.GoOn();
        await deletion;
        await api.UntilAsync<V1ReplicationController>("default", all => all.TrueForAll(one => one.Metadata.Name != "web"));
        (await api.GetAsync<V1Pod>("default", "orphan")).Metadata.OwnerReferences.ShouldBeNull();
    }

    [Fact]
    public async Task Adoption_OfAnOwnerThatIsThere_IsMade()
    {
        await using var silo = await TestSilo.StartAsync(new ScriptedLog());
        await silo.Api.CreateAsync(PodSamples.Pod("default", "orphan", app: "web"));

        var owner = await silo.Api.CreateAsync(PodSamples.Controller("default", "web", 1));

        await silo.Api.UntilAsync<V1Pod>("default", pods => pods is [{ Metadata: { Name: "orphan", OwnerReferences: [{ Uid: var uid }] } }] && uid == owner.Metadata.Uid);
    }
}
