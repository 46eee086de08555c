using System.Globalization;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.Kinds.Storage;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class RestartTests : IAsyncLifetime
{
    private readonly SqliteFile _file = new();
    private TestSilo _silo = null!;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await _file.StartSiloAsync();

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        await _file.DisposeAsync();
    }

    [Fact]
    public async Task ARestart_KeepsEveryDurableObject_AsItWas()
    {
        var space = await Api.NewNamespaceAsync();
        await Api.CreateAsync(PodSamples.Controller(space, "web", 5));
        await Api.CreateAsync(PodSamples.Service(space, "web"));
        for (var i = 0; i < 50; i++)
            await Api.CreateAsync(Map(space, $"m{i}"));
        await Api.DeleteAsync<V1ConfigMap>(space, "m7");
        await Api.UntilAsync<V1ReplicationController>(space, all => all is [{ Status.Replicas: 5 }]);
        var maps = await Api.ListAsync<V1ConfigMap>(space);
        var pods = await Api.ListAsync<V1Pod>(space);

        await RestartAsync();
        (await Api.ListAsync<V1ConfigMap>(space)).ShouldBeEquivalentTo(maps);
        (await Api.ListAsync<V1Pod>(space)).Select(pod => pod.Metadata.Uid).ShouldBe(pods.Select(pod => pod.Metadata.Uid));
        (await Api.GetAsync<V1Service>(space, "web")).Spec.ClusterIP.ShouldNotBeNullOrEmpty();

        // And all of it goes on.
        await Api.DeleteAsync<V1Pod>(space, pods[0].Metadata.Name);
        await Api.UntilAsync<V1Pod>(space, left => left.Count == 5 && left.TrueForAll(pod => pod.Metadata.Uid != pods[0].Metadata.Uid));
    }

    [Fact]
    public async Task AWatch_ResumesAcrossARestart_WithoutAGap()
    {
        var before = await Api.CreateAsync(Map("default", "a"));
        await Api.CreateAsync(Map("default", "b"));
        await RestartAsync();
        await Api.CreateAsync(Map("default", "c"));
        var after = new WatchQuery(ObjectFilter.InNamespace("default"), RevisionOf(before.Metadata), Freshness.Any);
        var seen = new List<string>();
        await foreach (var events in Api.Objects.WatchAsync(ApiUser.Of<V1ConfigMap>(), after, TestContext.Current.CancellationToken))
        {
            seen.AddRange(events.Select(@event => @event.Object!.Key.Name));
            if (seen.Count >= 2)
                break;
        }

        seen.ShouldBe(["b", "c"]);
    }

    [Fact]
    public async Task Leases_AreGoneAfterARestart_AndTheirRevisionsGoOnIncreasing()
    {
        var before = await Api.CreateAsync(Lease("a"));
        await RestartAsync();
        (await Api.FindAsync<V1Lease>("default", "a")).ShouldBeNull();
        RevisionOf((await Api.CreateAsync(Lease("a"))).Metadata).ShouldBeGreaterThan(RevisionOf(before.Metadata));
        await Api.UpdateAsync(Lease("b"));
        (await Api.ListAsync<V1Lease>("default")).Select(lease => lease.Metadata.Name).ShouldBe(["a", "b"]);
    }

    [Fact]
    public async Task StorageClass_DeletedByItsUser_DoesNotComeBackWithTheNextStart()
    {
        var options = new ControlPlaneOptions { Storage = new StorageOptions { LocalPathClass = "default" } };
        await RestartAsync(options);
        await Api.UntilAsync<V1StorageClass>("", all => all is [{ Metadata.Name: "local-path", IsDefault: true }]);
        await Api.UntilAsync<V1Namespace>("", all => all.Exists(one => one.Metadata.Annotations?.ContainsKey(ClusterBootstrap.StorageClassAnnotation) is true));
        await Api.DeleteAsync<V1StorageClass>("", "local-path");

        await RestartAsync(options);

        // The silo is ready when it has all that a cluster needs.
        (await Api.ListAsync<V1StorageClass>("")).ShouldBeEmpty();
    }

    [Fact]
    public async Task StorageClass_OfAClusterThatHasADefault_IsNoDefault()
    {
        await Api.CreateAsync(new V1StorageClass
        {
            Metadata = new V1ObjectMeta { Name = "usual", Annotations = new Dictionary<string, string> { ["storageclass.kubernetes.io/is-default-class"] = "true" } },
            Provisioner = "example.com/disks",
        });

        await RestartAsync(new ControlPlaneOptions { Storage = new StorageOptions { LocalPathClass = "default" } });

        (await Api.UntilAsync<V1StorageClass>("", all => all.Count == 2)).Where(storage => storage.IsDefault).Select(storage => storage.Metadata.Name).ShouldBe(["usual"]);
    }

    private static long RevisionOf(V1ObjectMeta meta) => long.Parse(meta.ResourceVersion, CultureInfo.InvariantCulture);

    private static V1ConfigMap Map(string space, string name) => new() { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = space } };

    private static V1Lease Lease(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default" },
        Spec = new V1LeaseSpec { HolderIdentity = "me" },
    };

    private async Task RestartAsync(ControlPlaneOptions? options = null)
    {
        await _silo.DisposeAsync();
        _silo = await _file.StartSiloAsync(options);
    }
}
