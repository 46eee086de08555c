using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

/// <summary>What holds for every strategic merge patch, over pods of a few containers and labels.</summary>
public sealed class StrategicMergePropertyTests
{
    private static readonly string[] Names = ["a", "b", "c", "d"];

    private static readonly Gen<JsonObject> Labels = Gen.Dictionary(Gen.OneOf(Names), Gen.OneOf("1", "2"))[0, 3].Select(labels =>
        new JsonObject(labels.Select(label => KeyValuePair.Create(label.Key, (JsonNode?)label.Value))));

    private static readonly Gen<JsonObject> Pod = Gen.Select(Gen.Shuffle(Names), Gen.Int[0, 4], Gen.OneOf("1", "2").Array[4], Labels, Gen.Shuffle(Names), Gen.Int[0, 4],
        (names, count, images, labels, finalizers, finalizerCount) => new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["labels"] = labels.DeepClone(),
                ["finalizers"] = new JsonArray([.. finalizers[..finalizerCount].Select(name => (JsonNode?)name)]),
            },
            ["spec"] = new JsonObject { ["containers"] = new JsonArray([.. names[..count].Zip(images, Container)]) },
        });

    [Fact]
    public void Apply_Twice_IsApplyOnce() => Gen.Select(Pod, Pod).Sample((document, patch) =>
    {
        var once = Apply(document, patch);
        JsonNode.DeepEquals(Apply(once, patch), once).ShouldBeTrue();
    });

    [Fact]
    public void Apply_Lists_KeepBothOrdersAndLoseNothing() => Gen.Select(Pod, Pod).Sample((document, patch) =>
    {
        var merged = Containers(Apply(document, patch));
        merged.Where(Containers(patch).Contains).ShouldBe(Containers(patch));
        merged.Where(name => !Containers(patch).Contains(name)).ShouldBe(Containers(document).Where(name => !Containers(patch).Contains(name)));
    });

    [Fact]
    public void Apply_DocumentItself_ChangesNothing() => Pod.Sample(document => JsonNode.DeepEquals(Apply(document, document), document).ShouldBeTrue());

    [Fact]
    public void Apply_WithoutLists_IsAMergePatch() => Gen.Select(Labels, Labels).Sample((document, patch) =>
    {
        var bytes = Encoding.UTF8.GetBytes(new JsonObject { ["data"] = JsonMergePatch.Diff(document, patch) }.ToJsonString());
        var target = new JsonObject { ["data"] = document.DeepClone() };
        JsonNode.DeepEquals(StrategicMergePatch.Apply(target, bytes, typeof(V1ConfigMap)), JsonMergePatch.Apply(target, bytes)).ShouldBeTrue();
    });

    private static JsonNode Container(string name, string image) => new JsonObject { ["name"] = name, ["image"] = image };

    private static List<string> Containers(JsonNode pod) => [.. pod["spec"]!["containers"]!.AsArray().Select(container => container!["name"]!.GetValue<string>())];

    // An encoded document must end up the same.
    private static JsonNode Apply(JsonNode document, JsonNode patch)
    {
        var bytes = Encoding.UTF8.GetBytes(patch.ToJsonString());
        var applied = StrategicMergePatch.Apply(document, bytes, typeof(V1Pod));
        var encoded = JsonNode.Parse(StrategicMergePatch.Apply(Encoding.UTF8.GetBytes(document.ToJsonString()), bytes, typeof(V1Pod)));
        return JsonNode.DeepEquals(encoded, applied) ? applied : throw new InvalidOperationException($"{document}\nwith {patch}\nis {encoded} encoded, and {applied}");
    }
}
