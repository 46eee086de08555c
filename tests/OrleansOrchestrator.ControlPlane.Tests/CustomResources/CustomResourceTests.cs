using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.CustomResources;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.CustomResources;

public sealed class CustomResourceTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Definition_OfNewKind_IsEstablishedAndServed()
    {
        var gadgets = await new Gadgets(shared, "establish.example.com").DefineAsync();
        var crd = await Api.GetAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName);
        CustomResourceConditions.IsTrue(crd, CustomResourceConditions.NamesAccepted).ShouldBeTrue();
        (crd.Status.AcceptedNames.ListKind, crd.Status.StoredVersions.ShouldHaveSingleItem()).ShouldBe(("GadgetList", "v1"));
        crd.Metadata.Finalizers.ShouldBeNull();
    }

    [Fact]
    public async Task Object_OfCustomKind_IsDefaultedPrunedAndCounted()
    {
        var gadgets = await new Gadgets(shared, "objects.example.com").DefineAsync();
        var created = await gadgets.CreateAsync(_space, "a", """ "spec":{"size":2,"unknown":1},"status":{"phase":"Made"} """);
        created.Content.ToJsonString().ShouldBe("""{"spec":{"size":2,"color":"red"}}""");
        created.Metadata.Generation.ShouldBe(1);

        (await gadgets.PatchAsync(_space, "a", """{"status":{"phase":"Done"},"spec":{"size":9}}""", "status")).Content.ToJsonString()
            .ShouldBe("""{"spec":{"size":2,"color":"red"},"status":{"phase":"Done"}}""");
        var patched = await gadgets.PatchAsync(_space, "a", """{"status":{"phase":"Lost"},"spec":{"size":3}}""");
        patched.Content.ToJsonString().ShouldBe("""{"spec":{"size":3,"color":"red"},"status":{"phase":"Done"}}""");
        patched.Metadata.Generation.ShouldBe(2);
        (await gadgets.ListAsync(_space)).Select(gadget => gadget.Metadata.Name).ShouldBe(["a"]);
    }

    [Fact]
    public async Task Object_AgainstSchema_IsRefusedWithAllFaults()
    {
        var gadgets = await new Gadgets(shared, "refused.example.com").DefineAsync();
        var refused = await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "a", """ "spec":{"size":0,"color":7} """));
        refused.Code.ShouldBe(422);
        refused.Message.ShouldContain("spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1");
        refused.Message.ShouldContain("spec.color: Invalid value: \"integer\": spec.color in body must be of type string: \"integer\"");
    }

    [Fact]
    public async Task Definition_WithChangedSchema_TakesEffectWhileServed()
    {
        var gadgets = await new Gadgets(shared, "changed.example.com").DefineAsync();
        var before = gadgets.Definition;
        var crd = await Api.GetAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName);
        crd.Spec.Versions = gadgets.Crd(""", "weight":{"type":"integer","default":5} """).Spec.Versions;
        await Api.UpdateAsync(crd);
        await Poll.UntilAsync(() => Task.FromResult(!ReferenceEquals(gadgets.Definition, before)), Cancellation);
        (await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """))["spec"]!["weight"]!.GetValue<long>().ShouldBe(5);
    }

    [Fact]
    public async Task Apply_OfCustomObject_OwnsItsFieldsAndConflictsByThem()
    {
        var gadgets = await new Gadgets(shared, "applied.example.com").DefineAsync(""", "tags":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}} """);
        await gadgets.ApplyAsync(_space, "a", "one", """ "spec":{"size":1,"tags":["x"]} """);
        var both = await gadgets.ApplyAsync(_space, "a", "two", """ "spec":{"size":1,"tags":["y"]} """);
        both["spec"]!["tags"]!.ToJsonString().ShouldBe("""["x","y"]""");
        both.Metadata.ManagedFields.Select(entry => entry.Manager).ShouldBe(["one", "two"], ignoreOrder: true);

        var refused = await Should.ThrowAsync<ApiException>(gadgets.ApplyAsync(_space, "a", "two", """ "spec":{"size":2,"tags":["y"]} """));
        (refused.Code, refused.Message.Contains(".spec.size", StringComparison.Ordinal)).ShouldBe((409, true));
        (await gadgets.ApplyAsync(_space, "a", "two", """ "spec":{"size":1} """))["spec"]!["tags"]!.ToJsonString().ShouldBe("""["x"]""");
    }

    [Fact]
    public async Task Definition_WithNewSelectableField_SelectsExistingObjects()
    {
        var gadgets = await new Gadgets(shared, "selectable.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "red", """ "spec":{"size":1} """);
        await gadgets.CreateAsync(_space, "blue", """ "spec":{"size":1,"color":"blue"} """);
        (await gadgets.ListAsync(_space)).Count.ShouldBe(2);

        var crd = await Api.GetAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName);
        crd.Spec.Versions[0].SelectableFields = [new V1SelectableField { JsonPath = ".spec.color" }];
        await Api.UpdateAsync(crd);
        await Poll.UntilAsync(() => Task.FromResult(gadgets.Definition.SelectableFields.Count == 1), Cancellation);
        var filter = new ObjectFilter(_space, LabelSelector.Everything, FieldSelector.Parse("spec.color=blue"));
        var page = await Api.Objects.ListAsync(gadgets.Definition, new ListQuery(filter, Freshness.Latest), Cancellation);
        page.Objects.Select(obj => obj.Key.Name).ShouldBe(["blue"]);
    }

    [Fact]
    public async Task Definition_Deleted_TakesAllObjectsWithIt()
    {
        var gadgets = await new Gadgets(shared, "deleted.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """);
        var held = (CustomObject)gadgets.Decode(_space, "held", """ "spec":{"size":1} """);
        held.Metadata.Finalizers = ["example.com/hold"];
        await Api.Objects.CreateAsync(gadgets.Definition.Storage, _space, held, ApiUser.Options, Cancellation);

        (await Api.DeleteAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName)).IsGone.ShouldBeFalse();
        await Poll.UntilAsync(async () => (await gadgets.ListAsync(_space)).Select(gadget => gadget.Metadata.Name).SequenceEqual(["held"]), Cancellation);
        (await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "late", """ "spec":{"size":1} """))).Code.ShouldBe(405);

        await gadgets.PatchAsync(_space, "held", """{"metadata":{"finalizers":null}}""");
        await Poll.UntilAsync(async () => await Api.FindAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName) is null, Cancellation);
        await Poll.UntilAsync(() => Task.FromResult(shared.Registry.Find(gadgets.Resource) is null), Cancellation);
        await gadgets.DefineAsync();
        (await gadgets.ListAsync(_space)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Namespace_Deleted_TakesCustomObjectsWithIt()
    {
        var gadgets = await new Gadgets(shared, "spaced.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """);
        await Api.DeleteAsync<V1Namespace>("", _space);
        await Poll.UntilAsync(async () => await Api.FindAsync<V1Namespace>("", _space) is null, Cancellation);
        (await gadgets.ListAsync(_space)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Owner_OfCustomKind_TakesItsDependentsWithIt()
    {
        var gadgets = await new Gadgets(shared, "owner.example.com").DefineAsync();
        var owner = await gadgets.CreateAsync(_space, "owner", """ "spec":{"size":1} """);
        await Api.CreateAsync(new V1ConfigMap
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = _space,
                Name = "owned",
                OwnerReferences = [new V1OwnerReference { ApiVersion = "owner.example.com/v1", Kind = "Gadget", Name = "owner", Uid = owner.Metadata.Uid }],
            },
        });
        await Api.Objects.DeleteAsync(
            new ObjectReference(gadgets.Definition, new ObjectKey(_space, "owner")), new DeletionOptions(), ApiUser.Options, Cancellation);
        await Poll.UntilAsync(async () => await Api.FindAsync<V1ConfigMap>(_space, "owned") is null, Cancellation);
    }
}
