using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

public sealed class JsonMergePatchTests
{
    private static readonly Gen<JsonNode> Value = Gen.Recursive<JsonNode>((depth, self) => depth >= 3
        ? Scalar()
        : Gen.Frequency((3, Scalar()), (2, Members(self).Select(members => (JsonNode)members)), (1, self.Array[0, 3].Select(items => (JsonNode)new JsonArray(items)))));

    private static readonly Gen<JsonObject> Document = Members(Value);

    // The examples of RFC 7386, appendix A, that have an object as the patch.
    [Theory]
    [InlineData("""{"a":"b"}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"b":"c"}""", """{"a":"b","b":"c"}""")]
    [InlineData("""{"a":"b"}""", """{"a":null}""", """{}""")]
    [InlineData("""{"a":"b","b":"c"}""", """{"a":null}""", """{"b":"c"}""")]
    [InlineData("""{"a":["b"]}""", """{"a":"c"}""", """{"a":"c"}""")]
    [InlineData("""{"a":"c"}""", """{"a":["b"]}""", """{"a":["b"]}""")]
    [InlineData("""{"a":{"b":"c"}}""", """{"a":{"b":"d","c":null}}""", """{"a":{"b":"d"}}""")]
    [InlineData("""{"a":[{"b":"c"}]}""", """{"a":[1]}""", """{"a":[1]}""")]
    [InlineData("""{"e":null}""", """{"a":1}""", """{"e":null,"a":1}""")]
    [InlineData("""[1,2]""", """{"a":"b","c":null}""", """{"a":"b"}""")]
    [InlineData("""{}""", """{"a":{"bb":{"ccc":null}}}""", """{"a":{"bb":{}}}""")]
    [InlineData("""{"a":1}""", """{"l":[{"x":null,"y":[null,{"z":null}]},null]}""", """{"a":1,"l":[{"y":[null,{}]},null]}""")]
    public void Apply_Patch_MergesAsTheRfcSays(string document, string patch, string expected) =>
        JsonMergePatch.Apply(JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch)).ToJsonString().ShouldBe(expected);

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    public void Apply_NoObject_IsMalformed(string patch) =>
        Should.Throw<PatchException>(() => JsonMergePatch.Apply(new JsonObject(), Encoding.UTF8.GetBytes(patch))).Fault.ShouldBe(PatchFault.Malformed);

    [Theory]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""", "a")]
    [InlineData("""{"a":{"b":1,"b":null,"c":3}}""", """{"a":{"c":3}}""", "a.b")]
    public void Apply_FieldGivenTwice_TheLastCountsAndItIsTold(string patch, string expected, string told)
    {
        var faults = new List<string>();
        JsonMergePatch.Apply(new JsonObject(), Encoding.UTF8.GetBytes(patch), faults).ToJsonString().ShouldBe(expected);
        faults.ShouldBe([$"duplicate field \"{told}\""]);
    }

    [Fact]
    public void Apply_TooDeep_IsMalformed()
    {
        var patch = string.Concat(Enumerable.Repeat("""{"a":""", 101)) + "1" + new string('}', 101);

        Should.Throw<PatchException>(() => JsonMergePatch.Apply(new JsonObject(), Encoding.UTF8.GetBytes(patch))).Fault.ShouldBe(PatchFault.Malformed);
    }

    [Fact]
    public void Diff_AnyTwoObjects_TurnsOneIntoTheOther() => Gen.Select(Document, Document).Sample((from, to) =>
    {
        var before = from.ToJsonString();
        var patch = Encoding.UTF8.GetBytes(JsonMergePatch.Diff(from, to).ToJsonString());
        JsonNode.DeepEquals(JsonMergePatch.Apply(from, patch), to).ShouldBeTrue();
        from.ToJsonString().ShouldBe(before);
    });

    [Fact]
    public void Apply_EncodedDocument_IsTheSameAsOfTheParsedOne() => Gen.Select(Document, Document, Document).Sample((document, other, third) =>
    {
        // A patch made from the document touches members that are there, another one brings its own, with and without nulls.
        foreach (var patch in new[] { other, JsonMergePatch.Diff(document, other), JsonMergePatch.Diff(other, third) })
        {
            var bytes = Encoding.UTF8.GetBytes(patch.ToJsonString());
            var merged = JsonMergePatch.Apply(Encoding.UTF8.GetBytes(document.ToJsonString()), bytes);
            JsonNode.DeepEquals(JsonNode.Parse(merged), JsonMergePatch.Apply(document, bytes)).ShouldBeTrue();
        }
    });

    [Theory]
    [InlineData("""{"a\u0062":1,"c":{"d\n":[1, {"e" : null}]}}""", """{"ab":2}""", """{"ab":2,"c":{"d\n":[1, {"e" : null}]}}""")]
    [InlineData("""{"x\u0062":{"é":"ü"},"c":"\u00fc"}""", """{"c":{"d":{"e":null,"f":"ß"}}}""", """{"xb":{"é":"ü"},"c":{"d":{"f":"ß"}}}""")]
    public void Apply_EncodedDocument_KeepsWhatIsNotNamed(string document, string patch, string expected) =>
        Encoding.UTF8.GetString(JsonMergePatch.Apply(Encoding.UTF8.GetBytes(document), Encoding.UTF8.GetBytes(patch))).ShouldBe(expected);

    [Fact]
    public void Diff_Equal_IsEmpty() => Document.Sample(document => JsonMergePatch.Diff(document, (JsonObject)document.DeepClone()).Count.ShouldBe(0));

    private static Gen<JsonNode> Scalar() => Gen.OneOf(
        Gen.Int[0, 3].Select(number => (JsonNode)JsonValue.Create(number)),
        Gen.OneOf("", "x", "y").Select(text => (JsonNode)JsonValue.Create(text)!),
        Gen.Bool.Select(flag => (JsonNode)JsonValue.Create(flag)));

    private static Gen<JsonObject> Members(Gen<JsonNode> value) => Gen.Dictionary(Gen.OneOf("a", "b", "c", "d"), value)[0, 4].Select(members =>
        new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, (JsonNode?)member.Value))));
}
