using System.Text.Json.Nodes;
using CsCheck;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Documents.Tests.FieldManagement;

/// <summary>The laws of ownership, over services of a few labels, ports and finalizers that three managers write.</summary>
public sealed class OwnershipPropertyTests
{
    private static readonly int[] PortNumbers = [80, 81, 82];
    private static readonly string[] Managers = ["a", "b", "c"];

    private static readonly Gen<JsonObject> Labels = Gen.Dictionary(Gen.OneOf("k1", "k2", "k3"), Gen.OneOf("1", "2"))[0, 3].Select(labels =>
        new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))));

    private static readonly Gen<JsonArray> Ports = Gen.Select(Gen.Shuffle(PortNumbers), Gen.Int[0, 3], Gen.OneOf("n", "m").Array[3], Gen.Bool.Array[3],
        (ports, count, names, withTarget) => new JsonArray([.. ports[..count].Select((port, i) => (JsonNode?)Port(port, names[i], withTarget[i]))]));

    private static readonly Gen<JsonObject> Configuration = Gen.Select(Labels, Ports, Gen.Int[0, 3], Gen.OneOf("", "ClientIP"),
        (labels, ports, finalizers, affinity) =>
        {
            var spec = new JsonObject { ["ports"] = ports.DeepClone() };
            if (affinity.Length > 0)
                spec["sessionAffinity"] = affinity;
            return new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Service",
                ["metadata"] = new JsonObject
                {
                    ["name"] = "s",
                    ["labels"] = labels.DeepClone(),
                    ["finalizers"] = new JsonArray([.. Enumerable.Range(0, finalizers).Select(i => (JsonNode?)$"x/{i}")]),
                },
                ["spec"] = spec,
            };
        });

    private static readonly Gen<(string Manager, JsonObject Configuration, bool IsApply)[]> History =
        Gen.Select(Gen.OneOf(Managers), Configuration, Gen.Bool, (manager, configuration, isApply) => (manager, configuration, isApply)).Array[0, 5];

    [Fact]
    public void Apply_WithForce_OwnsAllItAppliedAndMakesItSo() => Gen.Select(History, Configuration).Sample((history, wanted) =>
    {
        var live = After(history);
        live.Apply("a", wanted.ToJsonString(), force: true);
        var applied = ApplyConfiguration.Read(live.ServedVersion, System.Text.Encoding.UTF8.GetBytes(wanted.ToJsonString())).Fields;
        live.FieldsOf("a").ShouldBe(applied);
        applied.Difference(Leaves(live)).Paths().ShouldBeEmpty();
    });

    [Fact]
    public void Apply_Twice_IsApplyOnce() => Gen.Select(History, Configuration).Sample((history, wanted) =>
    {
        var live = After(history);
        live.Apply("a", wanted.ToJsonString(), force: true);
        var once = WithoutRevision(live);
        live.Apply("a", wanted.ToJsonString());
        WithoutRevision(live).ShouldBe(once);
    });

    [Fact]
    public void Apply_WithoutForce_IsRefusedOrTakesNothingThatStays() => Gen.Select(History, Configuration).Sample((history, wanted) =>
    {
        var (live, forced, looked) = (After(history), After(history), After(history));

        // What nobody owns belongs to whoever was there before the first apply: one that says nothing makes him visible.
        if (looked.Json is not null && looked.Entries.Count == 0)
            looked.Apply("nobody", """{"apiVersion":"v1","kind":"Service","metadata":{"name":"s"}}""");
        var before = looked.Entries.Where(entry => (entry.Manager, entry.Operation) != ("a", "Apply")).ToDictionary(
            entry => (entry.Manager, entry.Operation), entry => FieldSetJson.Read(entry.FieldsV1.ToString()!));
        forced.Apply("a", wanted.ToJsonString(), force: true);
        var isTaking = TakenFrom(before, forced).Any(taken => !taken.Intersection(Leaves(forced)).IsEmpty);
        try
        {
            live.Apply("a", wanted.ToJsonString());
            isTaking.ShouldBeFalse();
            WithoutRevision(live).ShouldBe(WithoutRevision(forced));
        }
        catch (ApiException conflict)
        {
            conflict.Code.ShouldBe(409);
            isTaking.ShouldBeTrue();
        }
    });

    [Fact]
    public void Apply_WithoutALabel_RemovesItIfAndOnlyIfNobodyElseOwnsIt() => Gen.Select(History, Configuration, Gen.OneOf("k1", "k2", "k3")).Sample((history, wanted, label) =>
    {
        var live = After(history);
        wanted["metadata"]!["labels"]![label] = "1";
        live.Apply("a", wanted.ToJsonString(), force: true);
        var isShared = Owners(live, label).Any(owner => owner != "a/Apply");
        wanted["metadata"]!["labels"]!.AsObject().Remove(label);
        live.Apply("a", wanted.ToJsonString());
        (live.Node["metadata"]!["labels"]?[label] is not null).ShouldBe(isShared);
        Owners(live, label).ShouldNotContain("a/Apply");
    });

    [Fact]
    public void Ownership_AfterAnyHistory_NamesOnlyWhatIsThere() => History.Sample(history =>
    {
        var live = After(history);
        if (live.Json is null)
            return;
        var present = Leaves(live);
        foreach (var entry in live.Entries.Where(entry => entry.Operation == "Update"))
            FieldSetJson.Read(entry.FieldsV1.ToString()!).Difference(present).Paths().ShouldBeEmpty();
    });

    private static LiveObject After((string Manager, JsonObject Configuration, bool IsApply)[] history)
    {
        var live = new LiveObject("Service");
        foreach (var (manager, configuration, isApply) in history)
        {
            if (isApply)
                live.Apply(manager, configuration.ToJsonString(), force: true);
            else
                live.Update(manager, configuration.ToJsonString());
        }

        return live;
    }

    /// <summary>All paths of the object, those of structures included.</summary>
    private static FieldSet Leaves(LiveObject live)
    {
        using var document = OwnershipTracking.Parse(live.Json);
        return FieldComparison.Of(default, document.RootElement, ModelFieldSchemas.Of(live.Definition.ModelType)).Changed;
    }

    private static IEnumerable<FieldSet> TakenFrom(Dictionary<(string Manager, string Operation), FieldSet> before, LiveObject after) =>
        before.Select(pair => pair.Value.Difference(after.FieldsOf(pair.Key.Manager, pair.Key.Operation)));

    private static IEnumerable<string> Owners(LiveObject live, string label) => live.Entries
        .Where(entry => FieldSetJson.Read(entry.FieldsV1.ToString()!).Has("f:metadata", "f:labels", "f:" + label))
        .Select(entry => $"{entry.Manager}/{entry.Operation}");

    private static string WithoutRevision(LiveObject live)
    {
        var node = live.Node;
        node["metadata"]!.AsObject().Remove("resourceVersion");
        return node.ToJsonString();
    }

    private static JsonObject Port(int port, string name, bool withTarget)
    {
        var node = new JsonObject { ["name"] = $"{name}{port}", ["port"] = port };
        if (withTarget)
            node["targetPort"] = port + 1000;
        return node;
    }
}
