using System.Text;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>Every action, applied through the door that users' writes use.</summary>
public sealed class PlanApplierTests(SharedSilo shared) : IAsyncLifetime
{
    private static readonly ControllerIdentity Identity = ControllerIdentity.Of("test-controller", ControllerUsers.ServiceAccount("test-controller"));

    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Apply_StatusPatch_KeepsWhatOthersWroteSinceTheObservation()
    {
        var observed = await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        await Api.PatchAsync<V1Pod>(_space, "p", PatchType.MergePatch, """{"status":{"podIP":"10.0.0.9","phase":"Running"}}""", "status");
        var wanted = ObjectCodec.Clone(observed);
        wanted.Status.Message = "from the controller";

        (await ApplyAsync(PatchObject.OfStatus(WellKnownResources.Pods, observed, wanted)!)).Succeeded.ShouldBeTrue();

        var pod = await Api.GetAsync<V1Pod>(_space, "p");
        (pod.Status.Message, pod.Status.PodIP, pod.Status.Phase).ShouldBe(("from the controller", "10.0.0.9", "Running"));
    }

    [Fact]
    public async Task Apply_StatusPatchOfAPredecessor_IsRefused()
    {
        var observed = await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        await Api.DeleteAsync<V1Pod>(_space, "p");
        await Api.CreateAsync(PodSamples.Pod(_space, "p"));
        var wanted = ObjectCodec.Clone(observed);
        wanted.Status.Message = "of another pod";

        var outcome = await ApplyAsync(PatchObject.OfStatus(WellKnownResources.Pods, observed, wanted)!);

        outcome.Refused.ShouldHaveSingleItem().Why.Code.ShouldBe(409);
        (await Api.GetAsync<V1Pod>(_space, "p")).Status.Message.ShouldBeNull();
    }

    [Fact]
    public async Task Apply_ScaleOfATargetThatChangedInOtherRespects_IsMade()
    {
        var observed = await Api.CreateAsync(PodSamples.Controller(_space, "web", 0));
        await Api.PatchAsync<V1ReplicationController>(_space, "web", PatchType.MergePatch, """{"metadata":{"annotations":{"changed":"meanwhile"}}}""");

        (await ApplyAsync(ScaleOf(observed, 1))).Succeeded.ShouldBeTrue();

        (await Api.GetAsync<V1ReplicationController>(_space, "web")).Spec.Replicas.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Apply_ScaleOfATargetThatSomebodyScaledOrMadeAnew_IsRefused(bool isMadeAnew)
    {
        var observed = await Api.CreateAsync(PodSamples.Controller(_space, "web", 0));
        if (isMadeAnew)
        {
            await Api.DeleteAsync<V1ReplicationController>(_space, "web");
            await Eventually.HoldsAsync(
                async () => !(await Api.ListAsync<V1ReplicationController>(_space)).Any(one => one.Metadata.Uid == observed.Metadata.Uid), "the former one is gone");
            await Api.CreateAsync(PodSamples.Controller(_space, "web", 0));
        }
        else
        {
            await Api.PatchAsync<V1ReplicationController>(_space, "web", PatchType.MergePatch, """{"spec":{"replicas":2}}""");
        }

        (await ApplyAsync(ScaleOf(observed, 1))).Refused.ShouldHaveSingleItem().Why.Code.ShouldBe(409);

        (await Api.GetAsync<V1ReplicationController>(_space, "web")).Spec.Replicas.ShouldBe(isMadeAnew ? 0 : 2);
    }

    [Fact]
    public async Task Apply_Configuration_OwnsItsFieldsAsTheControllerManager()
    {
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "m" }, Data = new Dictionary<string, string> { ["user"] = "1" } });
        var patch = Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"controller":"2"}}""");

        await ApplyAsync(new PatchObject(WellKnownResources.ConfigMaps, new ObjectKey(_space, "m"), PatchFormat.Apply, patch));

        var map = await Api.GetAsync<V1ConfigMap>(_space, "m");
        map.Data.ShouldBe(new Dictionary<string, string> { ["user"] = "1", ["controller"] = "2" }, ignoreOrder: true);
        map.Metadata.ManagedFields.ShouldContain(entry => entry.Manager == "kube-controller-manager" && entry.Operation == "Apply");
    }

    [Fact]
    public async Task Apply_ScaleOfAnObjectThatSomebodyElseHasScaledSince_IsRefused()
    {
        var observed = await Api.CreateAsync(PodSamples.Controller(_space, "web", 3));
        await Api.PatchAsync<V1ReplicationController>(_space, "web", PatchType.MergePatch, """{"spec":{"replicas":0}}""");

        var outcome = await ApplyAsync(Scale(observed));

        outcome.Refused.ShouldHaveSingleItem().Why.Code.ShouldBe(409);
        (await Api.GetAsync<V1ReplicationController>(_space, "web")).Spec.Replicas.ShouldBe(0);
        // The controller writes to the status meanwhile.
        await Eventually.HoldsAsync(async () => (await ApplyAsync(Scale(await Api.GetAsync<V1ReplicationController>(_space, "web")))).Succeeded);
        (await Api.GetAsync<V1ReplicationController>(_space, "web")).Spec.Replicas.ShouldBe(5);

        ScaleObject Scale(V1ReplicationController controller) =>
            new(WellKnownResources.ReplicationControllers, new ObjectKey(_space, "web"), controller.Metadata.Uid, controller.Metadata.ResourceVersion, 5) { From = controller.Spec.Replicas!.Value };
    }

    [Fact]
    public async Task Apply_BindingAndEviction_AreThoseOfUsers()
    {
        var unbound = PodSamples.Pod(_space, "p");
        unbound.Spec.SchedulerName = "nobody";
        var pod = await Api.CreateAsync(unbound);

        (await ApplyAsync(new BindPod(new ObjectKey(_space, "p"), pod.Metadata.Uid, "n1"))).IsKnown.ShouldBeFalse("the revision is in no answer");
        (await Api.GetAsync<V1Pod>(_space, "p")).Spec.NodeName.ShouldBe("n1");

        (await ApplyAsync(new EvictPod(new ObjectKey(_space, "p"), "another uid"))).Succeeded.ShouldBeTrue("that one is gone");
        (await Api.FindAsync<V1Pod>(_space, "p"))?.Metadata.DeletionTimestamp.ShouldBeNull();
        await ApplyAsync(new EvictPod(new ObjectKey(_space, "p"), pod.Metadata.Uid, 0));
        (await Api.FindAsync<V1Pod>(_space, "p")).ShouldBeNull();
    }

    [Fact]
    public async Task Apply_ManyCreationsOfWhichSomeAreRefused_MakesTheOthers()
    {
        var outcome = await ApplyAsync([.. Enumerable.Range(0, 300).Select(i => new CreateObject(WellKnownResources.ConfigMaps, new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = i == 150 ? "Not A Name" : $"m{i}" },
        }))]);

        outcome.Refused.ShouldHaveSingleItem().Action.Key.Name.ShouldBe("Not A Name");
        outcome.Written[WellKnownResources.ConfigMaps].ShouldBeGreaterThan(0);
        (await Api.ListAsync<V1ConfigMap>(_space)).Count(map => map.Metadata.Name.StartsWith('m')).ShouldBe(299);
    }

    [Fact]
    public async Task Apply_ManyCreationsThatAreAllRefused_GivesUpAfterTheFirstAndDoesTheRest()
    {
        await Api.CreateAsync(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "none" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("0") } },
        });
        await Api.UntilAsync<V1ResourceQuota>(_space, quotas => quotas is [{ Status.Hard.Count: 1 }]);
        var complaints = 0;

        var outcome = await ApplyAsync(
        [
            .. Enumerable.Range(0, 100).Select(i => new CreateObject(WellKnownResources.Pods, PodSamples.Pod(_space, $"p{i}"))
            {
                EventOnFailure = why => new PlannedEvent("Warning", "FailedCreate", $"{Interlocked.Increment(ref complaints)}: {why}"),
            }),
            new CreateObject(WellKnownResources.ConfigMaps, new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "m" } }),
        ]);

        (outcome.Succeeded, outcome.Refused.Count, complaints).ShouldBe((false, 1, 1));
        (await Api.FindAsync<V1ConfigMap>(_space, "m")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Apply_InANamespaceThatIsBeingDeleted_TellsTheConclusionAndNobodyElse()
    {
        var held = new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "held", Finalizers = ["example.com/hold"] } };
        await Api.CreateAsync(held);
        await Api.DeleteAsync<V1Namespace>("", _space);
        var complaints = 0;
        IReadOnlyList<RefusedAction> concluded = [];

        var outcome = await ApplyAsync(new Plan
        {
            Actions = [.. Enumerable.Range(0, 10).Select(i => new CreateObject(WellKnownResources.Pods, PodSamples.Pod(_space, $"p{i}"))
            {
                EventOnFailure = why => new PlannedEvent("Warning", "FailedCreate", $"{Interlocked.Increment(ref complaints)}: {why}"),
            })],
            Conclude = refused =>
            {
                concluded = [.. refused];
                return null;
            },
        });

        (outcome.Succeeded, complaints).ShouldBe((true, 0));
        concluded.ShouldHaveSingleItem().IsByTerminatingNamespace.ShouldBeTrue();
        await Api.PatchAsync<V1ConfigMap>(_space, "held", PatchType.MergePatch, """{"metadata":{"finalizers":null}}""");
    }

    private Task<PlanOutcome> ApplyAsync(params ObjectAction[] actions) => ApplyAsync(new Plan { Actions = actions });

    private Task<PlanOutcome> ApplyAsync(Plan plan) => shared.Silo.Services.GetRequiredService<PlanApplier>().ApplyAsync(
        Identity, new ObjectReference(shared.Registry[WellKnownResources.Namespaces], new ObjectKey("", _space)), plan);

    private static ScaleObject ScaleOf(V1ReplicationController observed, int replicas) =>
        new(WellKnownResources.ReplicationControllers, new ObjectKey(observed.Metadata.NamespaceProperty, observed.Metadata.Name), observed.Metadata.Uid, observed.Metadata.ResourceVersion, replicas)
        {
            From = observed.Spec.Replicas ?? 0,
        };
}
