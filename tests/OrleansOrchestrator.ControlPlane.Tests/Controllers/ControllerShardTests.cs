using System.Collections.Concurrent;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Controllers;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Selectors;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

/// <summary>How controllers run as grains: where, at what cost, and as whom.</summary>
public sealed class ControllerShardTests
{
    private const int Shards = 3;

    private static readonly ControlPlaneOptions Options = new() { Controllers = new ControllerOptions { ShardsPerController = Shards, ShardStayMin = TimeSpan.FromSeconds(1) } };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Shards_OfOneController_AreSpreadOverTheSilosAndWorkOnWithoutOne()
    {
        await using var group = await SiloGroup.StartAsync(Options);
        // The first silo has all shards at first, and hands them over as the others come.
        var hosts = new List<string?>();
        await Eventually.HoldsAsync(
            async () =>
            {
                hosts.Clear();
                for (var i = 0; i < Shards; i++)
                    hosts.Add((await group.FindHostAsync(SiloGroup.Grain<IControllerGrain>(group.Silos[0], $"replication-controller/{i}").GetGrainId()))?.Name);
                return hosts.Distinct().Count() == Shards && !hosts.Contains(null);
            });
        var api = SiloGroup.ApiOf(group.Silos[0]);
        for (var i = 0; i < 12; i++)
            await api.CreateAsync(PodSamples.Controller("default", $"before-{i}", 1));
        await api.UntilAsync<V1Pod>("default", pods => pods.Count == 12);

        await group.StopAsync(group.Silos.First(silo => silo.Name == hosts[1]));

        api = SiloGroup.ApiOf(group.Silos[0]);
        for (var i = 0; i < 12; i++)
            await api.CreateAsync(PodSamples.Controller("default", $"after-{i}", 1));
        await api.UntilAsync<V1Pod>("default", pods => pods.Count == 24);
        await api.UntilAsync<V1ReplicationController>("default", all => all.TrueForAll(controller => controller.Status?.Replicas == 1));
    }

    [Fact]
    public async Task Kinds_ThatOnlyAGonePrimaryDependedOn_AreNotFollowedAnyMore()
    {
        await using var silo = await TestSilo.StartAsync(
            new ScriptedLog(), new() { Controllers = new ControllerOptions { ShardsPerController = 1, ResyncSlicePeriod = TimeSpan.FromMilliseconds(100) } });
        var secrets = silo.Services.GetRequiredService<WatchCaches>()[ApiUser.Of<V1Secret>()];
        var before = secrets.WatcherCount;

        await silo.Api.CreateAsync(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { Name = "some", NamespaceProperty = "default" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["count/secrets"] = new("5") } },
        });
        await Eventually.IsAsync(() => secrets.WatcherCount, before + 1, "its controller follows what it limits");
        await silo.Api.DeleteAsync<V1ResourceQuota>("default", "some");

        await Eventually.IsAsync(() => secrets.WatcherCount, before, "nobody needs it any more");
        (await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IControllerGrain>("resourcequota-controller/0").CheckAsync()).ShouldBeNull("no loop is missed");
    }

    [Fact]
    public async Task PodEvents_OnTheirWayToControllers_CostNoGrainCall()
    {
        var calls = new ConcurrentQueue<string>();
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), Options, configure: builder => builder.AddIncomingGrainCallFilter(async call =>
        {
            calls.Enqueue($"{call.InterfaceName}.{call.MethodName}");
            await call.Invoke();
        }));
        await silo.Api.CreateAsync(PodSamples.Controller("default", "web", 2));
        await silo.Api.CreateAsync(PodSamples.Service("default", "web"));
        var pods = await silo.Api.UntilAsync<V1Pod>("default", all => all.Count == 2);
        await silo.Api.UntilAsync<V1ReplicationController>("default", all => all is [{ Status.Replicas: 2 }]);
        await silo.Api.UntilAsync<V1Endpoints>("default", all => all.Exists(endpoints => endpoints.Metadata.Name == "web"));

        // Whoever asks before an index is there calls its grain, which makes it.
        var address = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                calls.Clear();
                await MoveAsync();
                return !calls.Any(call => call.Contains("ISelectorIndexGrain", StringComparison.Ordinal));
            },
            "the index is there");
        calls.Clear();
        for (var i = 0; i < 20; i++)
            await MoveAsync();

        // Twenty events ask some sixty times. A shard that lags may be the first to ask for another index.
        calls.Count(call => call.Contains("ISelectorIndexGrain", StringComparison.Ordinal)).ShouldBeLessThan(5);
        calls.Where(call => call.Contains("IControllerGrain", StringComparison.Ordinal) && !call.Contains("Check", StringComparison.Ordinal)).ShouldBeEmpty();

        async Task MoveAsync()
        {
            var ip = $"10.0.0.{++address % 250}";
            await silo.Api.PatchAsync<V1Pod>(
                "default", pods[0].Metadata.Name, PatchType.MergePatch, $$$"""{"status":{"phase":"Running","podIP":"{{{ip}}}","podIPs":[{"ip":"{{{ip}}}"}]}}""", "status");
            await silo.Api.UntilAsync<V1Endpoints>("default", all => all.Exists(endpoints => endpoints.Subsets?.Any(subset =>
                (subset.NotReadyAddresses ?? []).Any(not => not.Ip == ip)) == true));
        }
    }

    [Fact]
    public async Task Objects_AtRest_CostNoActivation()
    {
        await using var silo = await TestSilo.StartAsync(new ScriptedLog(), Options);
        var management = silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        await silo.Api.CreateAsync(PodSamples.Controller("default", "first", 0));
        await silo.Api.UntilAsync<V1ReplicationController>("default", all => all is [{ Status: not null }]);
        var before = await management.GetTotalActivationCount(Cancellation);

        for (var i = 0; i < 200; i++)
            await silo.Api.CreateAsync(PodSamples.Controller("default", $"web-{i}", 0));
        await silo.Api.UntilAsync<V1ReplicationController>("default", all => all.Count == 201 && all.TrueForAll(controller => controller.Status?.ObservedGeneration == 1));

        (await management.GetTotalActivationCount(Cancellation)).ShouldBeLessThan(before + 10);
    }

    [Fact]
    public async Task Writes_OfControllers_AreMadeByServiceAccountsOfTheirOwn()
    {
        var admitted = new AdmittedUsers();
        await using var silo = await TestSilo.StartAsync(
            new ScriptedLog(), Options, plugins: admitted);
        await silo.Api.CreateAsync(PodSamples.Controller("default", "web", 1));
        await silo.Api.CreateAsync(PodSamples.Service("default", "web"));
        await silo.Api.UntilAsync<V1EndpointSlice>("default", all => all.Exists(slice => slice.Metadata.Name.StartsWith("web", StringComparison.Ordinal)));
        await silo.Api.UntilAsync<V1Endpoints>("default", all => all.Exists(endpoints => endpoints.Metadata.Name == "web"));
        await silo.Api.UntilAsync<V1ReplicationController>("default", all => all is [{ Status.Replicas: 1 }]);

        admitted.Of("pods").ShouldContain("system:serviceaccount:kube-system:replication-controller");
        admitted.Of("endpoints").ShouldContain("system:serviceaccount:kube-system:endpoint-controller");
        admitted.Of("endpointslices").ShouldContain("system:serviceaccount:kube-system:endpointslice-controller");
        admitted.Of("serviceaccounts").ShouldContain("system:serviceaccount:kube-system:service-account-controller");
        admitted.Groups.ShouldContain("system:serviceaccounts:kube-system");
    }

    [Fact]
    public async Task Index_OfManyNamespaces_IsAskedByEverySiloOnItself()
    {
        await using var group = await SiloGroup.StartAsync(Options);
        await SiloGroup.ApiOf(group.Silos[0]).CreateAsync(PodSamples.Controller("default", "web", 0));
        var management = group.Silos[0].ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0);
        foreach (var silo in group.Silos)
        {
            await Eventually.HoldsAsync(
                async () => (await SiloGroup.Grain<ISelectorIndexGrain>(silo, "default").FindSelectingAsync(
                    "replication-controller", 0, [Model.Selectors.LabelSet.From(new Dictionary<string, string> { ["app"] = "web" })], 0)).Count == 1);
        }

        var indexes = (await management.GetSimpleGrainStatistics(Cancellation)).Where(grains => grains.GrainType.Contains(nameof(SelectorIndexGrain), StringComparison.Ordinal));
        indexes.Select(grains => grains.SiloAddress).Distinct().Count().ShouldBe(group.Silos.Count);
    }

    /// <summary>Notes as whom objects are created.</summary>
    private sealed class AdmittedUsers : IValidatingAdmission
    {
        private readonly ConcurrentQueue<(string Resource, UserInfo User)> _admitted = [];

        public string Name => "AdmittedUsers";

        public IEnumerable<string> Groups => _admitted.SelectMany(write => write.User.Groups);

        public IEnumerable<string> Of(string resource) => _admitted.Where(write => write.Resource == resource).Select(write => write.User.Name);

        public bool Handles(AdmissionRequest request) => request is { Operation: AdmissionOperation.Create, Subresource: "" };

        public ValueTask ValidateAsync(AdmissionRequest request, CancellationToken cancellationToken)
        {
            _admitted.Enqueue((request.ServedVersion.Definition.Name.Plural, request.Options.User));
            return ValueTask.CompletedTask;
        }
    }
}
