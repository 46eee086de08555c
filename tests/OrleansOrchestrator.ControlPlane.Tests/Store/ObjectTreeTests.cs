using CsCheck;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ObjectTreeTests
{
    private static readonly string[] Namespaces = ["a", "a-b", "aa", "b"];

    // Reading a stored object is what costs here: each is made once.
    private static readonly StoredObject[] Objects =
        [.. Namespaces.SelectMany(space => Enumerable.Range(0, 400).Select(i => Samples.Map(space, $"n{i}", i + 1)))];

    private static readonly Gen<(bool Add, int Object)[]> Edits = Gen.Select(Gen.Frequency((3, Gen.Const(true)), (1, Gen.Const(false))), Gen.Int[0, Objects.Length - 1]).Array[0, 2000];

    [Fact]
    public void ObjectTree_RandomEdits_AlwaysMatchASortedMap() => Edits.Sample(edits =>
    {
        var model = new SortedDictionary<ObjectKey, StoredObject>();
        var tree = ObjectTree.Empty;
        foreach (var (add, index) in edits)
            tree = Apply(tree, model, add, Objects[index]);
        ShouldMatch(tree, model);
        foreach (var space in Namespaces)
            tree.Range(space).ShouldBe(model.Values.Where(obj => obj.Key.Namespace == space));
    }, iter: 50);

    [Fact]
    public void ObjectTree_EarlierVersions_StayAsTheyWere() => Edits.Sample(edits =>
    {
        var model = new SortedDictionary<ObjectKey, StoredObject>();
        var tree = ObjectTree.Empty;
        var kept = new List<(ObjectTree Tree, StoredObject[] Objects)>();
        for (var i = 0; i < edits.Length; i++)
        {
            tree = Apply(tree, model, edits[i].Add, Objects[edits[i].Object]);
            if (i % 97 == 0)
                kept.Add((tree, [.. model.Values]));
        }

        foreach (var (version, objects) in kept)
            version.All().ShouldBe(objects);
    }, iter: 20);

    [Fact]
    public void ObjectTree_ManyChangesAtOnce_AreTheSameAsOneByOne() => Gen.Select(Edits, Gen.Int[1, 700]).Sample((edits, batchMax) =>
    {
        var model = new SortedDictionary<ObjectKey, StoredObject>();
        var tree = ObjectTree.Empty;
        foreach (var batch in edits.Chunk(batchMax))
        {
            var before = (Tree: tree, Objects: model.Values.ToArray());
            var changes = new Dictionary<ObjectKey, StoredObject?>();
            foreach (var (add, index) in batch)
            {
                Apply(ObjectTree.Empty, model, add, Objects[index]);
                changes[Objects[index].Key] = add ? Objects[index] : null;
            }

            tree = tree.With(changes);
            tree.Count.ShouldBe(model.Count);
            before.Tree.All().ShouldBe(before.Objects);
        }

        ShouldMatch(tree, model);
    }, iter: 50);

    [Fact]
    public void RangeAfterAKey_BeginsBehindIt_WhetherItExistsOrNot()
    {
        var sorted = Objects.OrderBy(obj => obj.Key).ToList();
        var tree = ObjectTree.FromSorted(sorted);
        Gen.Select(Gen.OneOf(Namespaces), Gen.Int[0, 500], Gen.Bool).Sample((space, number, everywhere) =>
        {
            var after = new ObjectKey(space, $"n{number}");
            var wanted = sorted.Where(obj => obj.Key.CompareTo(after) > 0 && (everywhere || obj.Key.Namespace == space));
            tree.Range(everywhere ? "" : space, after).ShouldBe(wanted);
        }, iter: 200);
    }

    [Fact]
    public void ObjectTree_With_ReplacesTheObjectOfTheSameKey()
    {
        var first = Samples.Map("a", "x", 1);
        var second = Samples.Map("a", "x", 2);
        var tree = ObjectTree.Empty.With(first).With(second);
        tree.Count.ShouldBe(1);
        tree.Find(first.Key).ShouldBeSameAs(second);
    }

    [Fact]
    public void Without_AMissingKey_IsTheSameTree()
    {
        var tree = ObjectTree.Empty.With(Samples.Map("a", "x", 1));
        tree.Without(new ObjectKey("a", "y")).ShouldBeSameAs(tree);
        ObjectTree.Empty.Without(new ObjectKey("a", "y")).ShouldBeSameAs(ObjectTree.Empty);
    }

    private static ObjectTree Apply(ObjectTree tree, SortedDictionary<ObjectKey, StoredObject> model, bool add, StoredObject obj)
    {
        if (add)
            model[obj.Key] = obj;
        else
            model.Remove(obj.Key);
        return add ? tree.With(obj) : tree.Without(obj.Key);
    }

    private static void ShouldMatch(ObjectTree tree, SortedDictionary<ObjectKey, StoredObject> model)
    {
        tree.Count.ShouldBe(model.Count);
        tree.All().ShouldBe(model.Values);
        tree.Range("").ShouldBe(model.Values);
        foreach (var obj in Objects)
            tree.Find(obj.Key).ShouldBeSameAs(model.GetValueOrDefault(obj.Key));
    }
}
