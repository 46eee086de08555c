using CsCheck;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class PostingIndexTests
{
    private static readonly string?[] Apps = [null, "web", "db", "cache"];
    private static readonly string[] Nodes = ["", "n1", "n2"];
    private static readonly string[] LabelTexts = ["", "app", "!app", "app=web", "app!=web", "app in (web,db)", "app notin (web)", "app=web,app in (web,web,db)", "tier=x"];
    private static readonly string[] FieldTexts = ["", "spec.nodeName=n1", "spec.nodeName=", "spec.nodeName!=n1", "metadata.name=p1", "spec.nodeName=n2,metadata.name=p2"];

    private static readonly Gen<StoredObject?> Versions = Gen.Select(
        Gen.Int[0, 1], Gen.Int[0, 4], Gen.OneOf(Apps), Gen.OneOf(Nodes), Gen.OneOf("o1", "o2").HashSet[0, 2],
        StoredObject? (space, name, app, node, owners) => Samples.Pod($"s{space}", $"p{name}", 1, node, app, [.. owners]));

    private static readonly Gen<ObjectFilter> Filters = Gen.Select(
        Gen.OneOf("", "s0", "s1", "s2"), Gen.OneOf(LabelTexts), Gen.OneOf(FieldTexts),
        (space, labels, fields) => new ObjectFilter(space, LabelSelector.Parse(labels), FieldSelector.Parse(fields)));

    [Fact]
    public void PostingIndex_RandomObjects_AreFoundExactlyAsByAScan() =>
        Gen.Select(Gen.Select(Versions, Gen.Bool).Array[0, 25], Filters.Array[1, 8]).Sample((edits, filters) =>
        {
            var objects = new Dictionary<ObjectKey, StoredObject>();
            var index = new PostingIndex(Samples.Pods);
            foreach (var (version, isDeletion) in edits)
            {
                var previous = objects.GetValueOrDefault(version!.Key);
                index.Replace(previous, isDeletion ? null : version);
                if (isDeletion)
                    objects.Remove(version.Key);
                else
                    objects[version.Key] = version;
            }

            foreach (var filter in filters)
            {
                if (index.Candidates(filter) is not { } candidates)
                    continue;
                candidates.ShouldBeUnique();
                candidates.Where(objects.ContainsKey).Select(key => objects[key]).Where(filter.Matches)
                    .ShouldBe(objects.Values.Where(filter.Matches), ignoreOrder: true);
            }

            foreach (var owner in new[] { "o1", "o2", "o3" })
                index.OwnedBy(owner).ShouldBe(objects.Values.Where(obj => obj.OwnerUids.Contains(owner)).Select(obj => obj.Key), ignoreOrder: true);
            index.ValuesOf("spec.nodeName").ShouldBe(objects.Values.Select(obj => obj.Field("spec.nodeName")!).Distinct(), ignoreOrder: true);
        }, iter: 400);

    [Theory]
    [InlineData("s0", "app=web", "")]
    [InlineData("s0", "app in (web,db)", "")]
    [InlineData("", "", "spec.nodeName=n1")]
    [InlineData("s0", "app!=web", "spec.nodeName=n1")]
    public void PostingIndex_SelectiveFilter_NeedsNoScan(string space, string labels, string fields)
    {
        var index = new PostingIndex(Samples.Pods);
        for (var i = 0; i < 100; i++)
            index.Replace(null, Samples.Pod("s0", $"p{i}", 1, $"n{i % 10}", i % 10 == 0 ? "web" : "other"));
        index.Candidates(new ObjectFilter(space, LabelSelector.Parse(labels), FieldSelector.Parse(fields)))
            .ShouldNotBeNull().Count.ShouldBeLessThanOrEqualTo(10);
    }

    [Fact]
    public void PostingIndex_Clear_ForgetsEverything()
    {
        var index = new PostingIndex(Samples.Pods);
        index.Replace(null, Samples.Pod("s0", "p", 1, "n1", "web", "o1"));
        index.Clear();
        index.OwnedBy("o1").ShouldBeEmpty();
        index.ValuesOf("spec.nodeName").ShouldBeEmpty();
        index.Candidates(ObjectFilter.All with { Fields = FieldSelector.Equal("spec.nodeName", "n1") })!.ShouldBeEmpty();
    }
}
