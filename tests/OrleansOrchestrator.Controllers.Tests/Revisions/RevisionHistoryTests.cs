using System.Text.Json;
using OrleansOrchestrator.Controllers.Objects;
using OrleansOrchestrator.Controllers.Revisions;
using OrleansOrchestrator.Controllers.Tests.DaemonSets;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Controllers.Tests.Revisions;

public sealed class RevisionHistoryTests
{
    [Fact]
    public void Template_IsKeptAsThePatchThatKubectlApplies()
    {
        var template = new V1PodTemplateSpec
        {
            Metadata = new V1ObjectMeta { Labels = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" } },
            Spec = new V1PodSpec { RestartPolicy = "Always", Containers = [new V1Container { Name = "main", Image = "one" }] },
        };

        TemplateSnapshot.Of(template).GetRawText().ShouldBe(
            """{"spec":{"template":{"$patch":"replace","metadata":{"creationTimestamp":null,"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"image":"one","name":"main","resources":{}}],"restartPolicy":"Always"}}}}""");
    }

    [Fact]
    public void Snapshot_ReadBack_IsTheTemplateAndTheSameSnapshot()
    {
        var template = Samples.Controller().Spec.Template;
        var snapshot = TemplateSnapshot.Of(template);

        var restored = TemplateSnapshot.TemplateOf(snapshot).ShouldNotBeNull();

        TemplateSnapshot.IsSame(snapshot, TemplateSnapshot.Of(restored)).ShouldBeTrue();
        restored.Spec.Containers[0].Image.ShouldBe(template.Spec.Containers[0].Image);
    }

    [Fact]
    public void Snapshot_WithItsFieldsInAnotherOrder_IsTheSame()
    {
        var snapshot = TemplateSnapshot.Of(Samples.Controller().Spec.Template);
        var other = JsonSerializer.Deserialize<JsonElement>(ObjectCodec.Encode(JsonSerializer.Deserialize<SortedDictionary<string, object>>(snapshot.GetRawText())));

        TemplateSnapshot.IsSame(snapshot, other).ShouldBeTrue();
    }

    [Theory]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("""{"spec": {"template": {"spec": {"containers": 7}}}}""")]
    public void Data_ThatIsNoSnapshot_HasNoTemplate(string data) =>
        TemplateSnapshot.TemplateOf(JsonSerializer.Deserialize<JsonElement>(data)).ShouldBeNull();

    [Fact]
    public void NewTemplate_GetsTheNextNumber()
    {
        var model = Settled("one", "two");

        model.Revisions.Select(revision => revision.Revision).Order().ShouldBe([1, 2]);
        ImageOf(model.Revisions.MaxBy(revision => revision.Revision)!).ShouldBe("two");
        model.Revisions.Select(revision => revision.Controller!.Uid).Distinct().ShouldBe(["uid-of-agent"]);
        model.Revisions.ShouldAllBe(revision => revision.Metadata.Name.StartsWith("agent-"));
        model.Revisions.ShouldAllBe(revision => revision.Metadata.Labels["app"] == "agent");
    }

    [Fact]
    public void Template_OfLongAgo_HasItsRevisionRenumbered()
    {
        var model = Settled("one", "two", "three", "one");

        model.Revisions.Count.ShouldBe(3);
        ImageOf(model.Revisions.Single(revision => revision.Revision == 4)).ShouldBe("one");
    }

    [Fact]
    public void Revision_CarriesTheChangeCause()
    {
        var model = new DaemonModel(set => set.Metadata.Annotations = new Dictionary<string, string> { ["kubernetes.io/change-cause"] = "because" });

        model.Settle();

        model.Revisions.ShouldHaveSingleItem().Metadata.Annotations["kubernetes.io/change-cause"].ShouldBe("because");
    }

    [Fact]
    public void Revisions_BeyondTheLimit_GoOldestFirst()
    {
        var model = Settled("one", "two", "three", "four");
        model.ChangeSet(set => set.Spec.RevisionHistoryLimit = 1);

        model.Run();

        model.Revisions.Select(ImageOf).Order().ShouldBe(["four", "three"]);
    }

    [Fact]
    public void Revision_ThatAPodIsOf_StaysWhateverItsAge()
    {
        var model = new DaemonModel(set => (set.Spec.UpdateStrategy, set.Spec.RevisionHistoryLimit) = (new V1DaemonSetUpdateStrategy { Type = "OnDelete" }, 0), "a");
        model.Run();
        model.SetImage("two");
        model.Run();
        model.SetImage("three");
        model.Run();

        model.Revisions.Select(ImageOf).Order().ShouldBe(["one", "three"]);
    }

    [Fact]
    public void Orphans_ThatAreSelected_AreAdoptedBeforeAnythingElse()
    {
        var model = Settled("one");
        var orphan = ObjectCodec.Clone(model.Revisions[0]);
        model.Cluster.Remove(model.Revisions[0]);
        (orphan.Metadata.OwnerReferences, orphan.Metadata.Name) = (null, "agent-of-old");
        model.Cluster.Add(orphan);

        model.Settle();

        var adopted = model.Revisions.ShouldHaveSingleItem();
        adopted.Controller!.Uid.ShouldBe("uid-of-agent");
        adopted.Metadata.Name.ShouldBe("agent-of-old");
    }

    [Fact]
    public void Name_ThatSomethingElseHas_IsCountedAsCollisionAndAvoided()
    {
        var probe = Settled("one");
        var name = probe.Revisions[0].Metadata.Name;
        var model = new DaemonModel(null, "a");
        model.Cluster.Add(new V1ControllerRevision
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = Samples.Namespace, Name = name },
            Data = JsonSerializer.SerializeToElement("theirs"),
            Revision = 1,
        });

        model.Settle();

        model.Set.Status.CollisionCount.ShouldBe(1);
        var own = model.Revisions.Single(revision => revision.Controller is not null);
        own.Metadata.Name.ShouldNotBe(name);
        model.Pods.ShouldHaveSingleItem().Metadata.Labels[RevisionHistory.PodLabel].ShouldBe(own.Metadata.Labels[RevisionHistory.PodLabel]);
    }

    [Fact]
    public void Pods_AreNotMadeBeforeTheirRevision()
    {
        var model = new DaemonModel(null, "a");

        model.Step();

        model.Revisions.Count.ShouldBe(1);
        model.Pods.ShouldBeEmpty();
    }

    private static DaemonModel Settled(params string[] images)
    {
        var model = new DaemonModel(null, "a");
        foreach (var image in images)
        {
            model.ChangeSet(set => set.Spec.Template.Spec.Containers[0].Image = image);
            model.Run();
        }

        return model;
    }

    private static string ImageOf(V1ControllerRevision revision) => TemplateSnapshot.TemplateOf(revision.Data)!.Spec.Containers[0].Image;
}
