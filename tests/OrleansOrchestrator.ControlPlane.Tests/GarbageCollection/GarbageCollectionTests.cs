using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.GarbageCollection;

public sealed class GarbageCollectionTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task ClusterScopedObject_OfANamespacedOwner_StaysAndIsToldOf()
    {
        var owner = await Api.CreateAsync(ConfigMap("owner"));
        var name = $"role-{_space}";
        await Api.CreateAsync(new V1ClusterRole { Metadata = new V1ObjectMeta { Name = name, OwnerReferences = [Reference(owner)] } });

        var told = await EventAsync("default", name);
        told.Message.ShouldBe($"ownerRef [v1/ConfigMap, namespace: , name: owner, uid: {owner.Metadata.Uid}] does not exist in namespace \"\"");
        told.Type.ShouldBe("Warning");
        (await Api.FindAsync<V1ClusterRole>("", name)).ShouldNotBeNull();

        await Api.DeleteAsync<V1ConfigMap>(_space, "owner");
        await PassAsync();
        (await Api.FindAsync<V1ClusterRole>("", name)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Object_WhoseOwnerLivesInAnotherNamespace_StaysAndIsToldOf()
    {
        var elsewhere = await Api.NewNamespaceAsync();
        var owner = ConfigMap("owner");
        owner.Metadata.NamespaceProperty = elsewhere;
        owner = await Api.CreateAsync(owner);
        await Api.CreateAsync(ConfigMap("dependent", Reference(owner)));

        (await EventAsync(_space, "dependent")).Message.ShouldBe(
            $"ownerRef [v1/ConfigMap, namespace: {_space}, name: owner, uid: {owner.Metadata.Uid}] does not exist in namespace \"{_space}\"");
        (await Api.FindAsync<V1ConfigMap>(_space, "dependent")).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("gone.example.com/v1", "Thing")]
    [InlineData("apps/v1beta1", "Deployment")]
    [InlineData("v1", "ComponentStatus")]
    [InlineData("authentication.k8s.io/v1", "TokenReview")]
    public async Task Object_WhoseOwnersKindIsNotServed_Stays(string apiVersion, string kind)
    {
        var absent = new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "x", Uid = "no-such-uid" };
        await Api.CreateAsync(ConfigMap("dependent", absent, new V1OwnerReference { ApiVersion = apiVersion, Kind = kind, Name = "x", Uid = "unknown" }));

        await PassAsync();

        (await Api.GetAsync<V1ConfigMap>(_space, "dependent")).Metadata.OwnerReferences.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Object_OfAnOwnerWithTheSameNameAndAnotherUid_Goes()
    {
        var owner = await Api.CreateAsync(ConfigMap("owner"));
        var reference = Reference(owner);
        reference.Uid = "another-uid";

        await Api.CreateAsync(ConfigMap("dependent", reference));

        await Api.UntilAsync<V1ConfigMap>(_space, all => all.TrueForAll(one => one.Metadata.Name != "dependent"));
    }

    [Fact]
    public async Task Owner_InForeground_GoesOnceADependentNoLongerBlocksIt()
    {
        var owner = await Api.CreateAsync(ConfigMap("owner"));
        var blocking = Reference(owner);
        blocking.BlockOwnerDeletion = true;
        var dependent = ConfigMap("dependent", blocking);
        dependent.Metadata.Finalizers = ["example.com/hold"];
        await Api.CreateAsync(dependent);
        await Api.DeleteAsync<V1ConfigMap>(_space, "owner", new DeletionOptions { Propagation = DeletionPropagation.Foreground });
        await Api.UntilAsync<V1ConfigMap>(_space, all => all.Any(one => one.Metadata is { Name: "dependent", DeletionTimestamp: not null }));
        (await Api.FindAsync<V1ConfigMap>(_space, "owner")).ShouldNotBeNull();

        await Api.PatchAsync<V1ConfigMap>(_space, "dependent", PatchType.MergePatch, """{"metadata":{"ownerReferences":null}}""");

        await Api.UntilAsync<V1ConfigMap>(_space, all => all.TrueForAll(one => one.Metadata.Name != "owner"));
    }

    [Fact]
    public async Task Owner_OfAKindThatCannotOwn_IsRefused()
    {
        var refused = await Should.ThrowAsync<ApiException>(
            Api.CreateAsync(ConfigMap("dependent", new V1OwnerReference { ApiVersion = "v1", Kind = "Event", Name = "x", Uid = "u" })));

        refused.Message.ShouldContain("/v1, Kind=Event is disallowed from being an owner");
    }

    [Fact]
    public async Task DuplicateOwners_AreDropped_AndTheSenderIsTold()
    {
        var owner = await Api.CreateAsync(ConfigMap("owner"));
        var warnings = new List<string>();

        var created = await Api.CreateAsync(ConfigMap("dependent", Reference(owner), Reference(owner)), ApiUser.Options with { Warn = warnings.Add });

        created.Metadata.OwnerReferences.ShouldHaveSingleItem();
        warnings.ShouldBe(
            [".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests "
                + $"as early as 1.24; please fix your requests; duplicate UID(s) observed: {owner.Metadata.Uid}"]);
    }

    /// <summary>Waits until the collector has dealt with something that came after what was done before.</summary>
    private async Task PassAsync()
    {
        await Api.CreateAsync(ConfigMap("last", new V1OwnerReference { ApiVersion = "v1", Kind = "ConfigMap", Name = "none", Uid = $"none-{_space}" }));
        await Api.UntilAsync<V1ConfigMap>(_space, all => all.TrueForAll(one => one.Metadata.Name != "last"));
    }

    private async Task<Corev1Event> EventAsync(string @namespace, string name) =>
        (await Api.UntilAsync<Corev1Event>(@namespace, all => all.Exists(told => IsOf(told, name)))).Find(told => IsOf(told, name))!;

    private static bool IsOf(Corev1Event told, string name) => told.Reason == "OwnerRefInvalidNamespace" && told.InvolvedObject.Name == name;

    private V1ConfigMap ConfigMap(string name, params V1OwnerReference[] owners) =>
        new() { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = name, OwnerReferences = owners.Length == 0 ? null : owners } };

    private static V1OwnerReference Reference(V1ConfigMap owner) =>
        new() { ApiVersion = "v1", Kind = "ConfigMap", Name = owner.Metadata.Name, Uid = owner.Metadata.Uid };
}
