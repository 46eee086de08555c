using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Model.Codec;
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
        await gadgets.RedefineAsync(gadgets.Crd(""", "weight":{"type":"integer","default":5} """).Spec.Versions);
        (await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """))["spec"]!["weight"]!.GetValue<long>().ShouldBe(5);
    }

    [Fact]
    public async Task Object_StoredBeforeItsDefaults_HasThemOnReadListAndWatch()
    {
        var gadgets = await new Gadgets(shared, "defaults.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """);
        await gadgets.RedefineAsync(gadgets.Crd(""", "weight":{"type":"integer","default":5} """).Spec.Versions);

        const string Expected = """{"spec":{"size":1,"color":"red","weight":5}}""";
        var version = gadgets.Definition.Storage;
        var read = await Api.Objects.GetAsync(gadgets.Definition, new ObjectKey(_space, "a"), Freshness.Latest, Cancellation);
        ContentOf(version.JsonOf(read)).ShouldBe(Expected);
        version.JsonOf(read).Span.SequenceEqual(version.JsonOf(read).Span).ShouldBeTrue();
        (await gadgets.ListAsync(_space)).Single().Content.ToJsonString().ShouldBe(Expected);
        await using var events = Api.Objects.WatchAsync(gadgets.Definition, new WatchQuery(ObjectFilter.InNamespace(_space), null, Freshness.Latest), Cancellation).GetAsyncEnumerator(Cancellation);
        (await events.MoveNextAsync()).ShouldBeTrue();
        ContentOf(version.JsonOf(events.Current[0].Object!)).ShouldBe(Expected);

        var relabelled = await gadgets.PatchAsync(_space, "a", """{"metadata":{"labels":{"a":"b"}}}""");
        (relabelled.Metadata.Generation, relabelled.Content.ToJsonString()).ShouldBe((1, Expected));
    }

    [Fact]
    public async Task Object_StoredInAnotherVersion_HasThatVersionsDefaultsAndTheFieldsOfTheOneAsked()
    {
        var gadgets = await new Gadgets(shared, "versions.example.com").DefineAsync(""", "old":{"type":"string"} """);
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1,"old":"x"} """);
        var first = gadgets.Crd(""", "old":{"type":"string"}, "shape":{"type":"string","default":"round"} """).Spec.Versions[0];
        var second = gadgets.Crd(""", "shape":{"type":"string"} """).Spec.Versions[0];
        (first.Storage, second.Name) = (false, "v2");
        await gadgets.RedefineAsync([first, second]);

        var stored = await Api.Objects.GetAsync(gadgets.Definition, new ObjectKey(_space, "a"), Freshness.Latest, Cancellation);
        ContentOf(gadgets.Definition.FindVersion("versions.example.com/v2")!.JsonOf(stored)).ShouldBe("""{"spec":{"size":1,"color":"red","shape":"round"}}""");
        ContentOf(gadgets.Definition.FindVersion("versions.example.com/v1")!.JsonOf(stored)).ShouldBe("""{"spec":{"size":1,"old":"x","color":"red","shape":"round"}}""");
    }

    [Fact]
    public async Task Schema_ThatSpeaksOfWholeObjects_IsHeldAgainstThem()
    {
        var gadgets = new Gadgets(shared, "whole.example.com");
        await gadgets.DefineAsync(root: """ "required":["apiVersion","kind","metadata","spec"], "minProperties":4, """,
            properties: """ "metadata":{"type":"object","properties":{"name":{"type":"string","maxLength":8,"pattern":"^[a-z]+$"}}}, """);
        await gadgets.CreateAsync(_space, "short", """ "spec":{"size":1} """);
        (await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "much-too-long", """ "spec":{"size":1} """))).Message
            .ShouldContain("metadata.name: Invalid value: \"much-too-long\": metadata.name in body should match '^[a-z]+$'");
        (await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "bare", """ "other":1 """))).Message.ShouldContain("spec: Required value");
    }

    [Fact]
    public async Task Object_WithNulls_LosesThoseThatItsSchemaDoesNotAllow()
    {
        var gadgets = await new Gadgets(shared, "nulls.example.com").DefineAsync(""", "baz":{"type":"string"}, "m":{"type":"object","additionalProperties":{"type":"string"}} """);
        (await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1,"baz":null,"color":null,"m":{"k":null}} """)).Content.ToJsonString()
            .ShouldBe("""{"spec":{"size":1,"color":"red","m":{}}}""");
    }

    [Theory]
    [InlineData("cleanup.example.com", "metadata.finalizers: \"cleanup.example.com\": prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers")]
    [InlineData("cleanup", "metadata.finalizers: \"cleanup\": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers")]
    [InlineData("example.com/cleanup", null)]
    [InlineData("foregroundDeletion", null)]
    public async Task Finalizer_WithoutPath_IsTakenWithAWarning(string finalizer, string? warning)
    {
        var gadgets = new Gadgets(shared, $"{Guid.NewGuid():n}.example.com");
        await gadgets.DefineAsync();
        var warnings = new List<string>();
        var options = ApiUser.Options with { Warn = warnings.Add };
        var gadget = gadgets.Decode(_space, "held", """ "spec":{"size":1} """);
        gadget.Metadata.Finalizers = [finalizer];
        await Api.Objects.CreateAsync(gadgets.Definition.Storage, _space, gadget, options, Cancellation);
        await Api.Objects.PatchAsync(
            new ObjectReference(gadgets.Definition, new ObjectKey(_space, "held")), PatchType.MergePatch, """{"spec":{"size":2}}"""u8.ToArray(), options, Cancellation);
        warnings.ShouldBe(warning is null ? [] : [warning]);
    }

    [Fact]
    public async Task Object_WithEmbeddedObject_IsRefusedWithItsFaults()
    {
        var gadgets = await new Gadgets(shared, "embedded.example.com").DefineAsync(
            """, "template":{"type":"object","x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true} """);
        (await gadgets.CreateAsync(_space, "good", """ "spec":{"size":1,"template":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a","more":1},"spec":{}}} """))
            ["spec"]!["template"]!.ToJsonString().ShouldBe("""{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"spec":{}}""");
        (await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "bad", """ "spec":{"size":1,"template":{"kind":"Pod"}} """))).Message
            .ShouldContain("spec.template.apiVersion: Required value");
        Should.Throw<ApiException>(() => gadgets.Decode(_space, "worse", """ "spec":{"size":1,"template":{"apiVersion":"v1","kind":"Pod","metadata":{"labels":7}}} """))
            .Code.ShouldBe(400);
    }

    [Fact]
    public async Task Object_ThatBreaksATightenedSchema_CanBeChangedElsewhere()
    {
        var gadgets = await new Gadgets(shared, "tightened.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":7} """);
        var versions = gadgets.Crd().Spec.Versions;
        versions[0].Schema.OpenAPIV3Schema.Properties["spec"].Properties["size"].Maximum = 5;
        await gadgets.RedefineAsync(versions);
        (await gadgets.PatchAsync(_space, "a", """{"spec":{"color":"blue"}}"""))["spec"]!["color"]!.GetValue<string>().ShouldBe("blue");
        (await gadgets.PatchAsync(_space, "a", """{"status":{"phase":"Done"}}""", "status"))["status"]!["phase"]!.GetValue<string>().ShouldBe("Done");
        (await Should.ThrowAsync<ApiException>(gadgets.PatchAsync(_space, "a", """{"spec":{"size":8}}"""))).Code.ShouldBe(422);
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
        await Eventually.HoldsAsync(() => gadgets.Definition.SelectableFields.Count == 1);
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
        await Eventually.HoldsAsync(async () => (await gadgets.ListAsync(_space)).Select(gadget => gadget.Metadata.Name).SequenceEqual(["held"]));
        (await Should.ThrowAsync<ApiException>(gadgets.CreateAsync(_space, "late", """ "spec":{"size":1} """))).Code.ShouldBe(405);

        await gadgets.PatchAsync(_space, "held", """{"metadata":{"finalizers":null}}""");
        await Eventually.HoldsAsync(async () => await Api.FindAsync<V1CustomResourceDefinition>("", gadgets.DefinitionName) is null);
        await Eventually.HoldsAsync(() => shared.Registry.Find(gadgets.Resource) is null);
        await gadgets.DefineAsync();
        (await gadgets.ListAsync(_space)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Namespace_Deleted_TakesCustomObjectsWithIt()
    {
        var gadgets = await new Gadgets(shared, "spaced.example.com").DefineAsync();
        await gadgets.CreateAsync(_space, "a", """ "spec":{"size":1} """);
        await Api.DeleteAsync<V1Namespace>("", _space);
        await Eventually.HoldsAsync(async () => await Api.FindAsync<V1Namespace>("", _space) is null);
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
        await Eventually.HoldsAsync(async () => await Api.FindAsync<V1ConfigMap>(_space, "owned") is null);
    }

    private static string ContentOf(ReadOnlyMemory<byte> json) => ObjectCodec.Decode<CustomObject>(json.Span).Content.ToJsonString();
}
