using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

public sealed class JsonPatchTests
{
    [Theory]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":{"c":[1]}}]""", """{"a":1,"b":{"c":[1]}}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/a","value":null}]""", """{"a":null}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"add","path":"/a/1","value":9}]""", """{"a":[1,9,2]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"add","path":"/a/2","value":9}]""", """{"a":[1,2,9]}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"add","path":"/a/-","value":[9]}]""", """{"a":[1,2,[9]]}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"","value":{"z":1}}]""", """{"z":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/-","value":2}]""", """{"a":1,"-":2}""")]
    [InlineData("""{"a":1,"b":2}""", """[{"op":"remove","path":"/a"}]""", """{"b":2}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"remove","path":"/a/1"}]""", """{"a":[1,3]}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"/a","value":{"b":2}}]""", """{"a":{"b":2}}""")]
    [InlineData("""{"a":[1,2]}""", """[{"op":"replace","path":"/a/0","value":9}]""", """{"a":[9,2]}""")]
    [InlineData("""{"a":1}""", """[{"op":"replace","path":"","value":{"z":1}}]""", """{"z":1}""")]
    [InlineData("""{"a/b":1,"m~n":2}""", """[{"op":"replace","path":"/a~1b","value":3},{"op":"replace","path":"/m~0n","value":4}]""", """{"a/b":3,"m~n":4}""")]
    [InlineData("""{"~1":1}""", """[{"op":"replace","path":"/~01","value":3}]""", """{"~1":3}""")]
    [InlineData("""{"":1}""", """[{"op":"replace","path":"/","value":3}]""", """{"":3}""")]
    [InlineData("""{"0":1}""", """[{"op":"replace","path":"/0","value":3}]""", """{"0":3}""")]
    [InlineData("""{"a":{"x":1},"b":{}}""", """[{"op":"move","from":"/a/x","path":"/b/y"}]""", """{"a":{},"b":{"y":1}}""")]
    [InlineData("""{"a":[1,2,3]}""", """[{"op":"move","from":"/a/0","path":"/a/2"}]""", """{"a":[2,3,1]}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"move","from":"/a","path":"/a"}]""", """{"a":{"x":1}}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"/a","path":"/b"},{"op":"replace","path":"/b/x","value":2}]""", """{"a":{"x":1},"b":{"x":2}}""")]
    [InlineData("""{"a":{"x":1}}""", """[{"op":"copy","from":"","path":"/b"}]""", """{"a":{"x":1},"b":{"a":{"x":1}}}""")]
    [InlineData("""{"a":1}""", """[]""", """{"a":1}""")]
    [InlineData("""{"a":1}""", """[{"op":"add","path":"/b","value":2,"comment":"ignored"}]""", """{"a":1,"b":2}""")]
    public void Apply_Operations_ChangeTheDocument(string document, string patch, string expected) => Apply(document, patch).ShouldBe(expected);

    [Theory]
    [InlineData("""{"a":{"x":[1,{"y":2}],"z":1}}""", "/a", """{"z":1,"x":[1,{"y":2}]}""", true)]
    [InlineData("""{"a":1}""", "/a", "1.0", true)]
    [InlineData("""{"a":1}""", "/a", "2", false)]
    [InlineData("""{"a":"1"}""", "/a", "1", false)]
    [InlineData("""{"a":"x"}""", "/a", "\"x\"", true)]
    [InlineData("""{"a":"x"}""", "/a", "\"X\"", false)]
    [InlineData("""{"a":[1,2]}""", "/a", "[2,1]", false)]
    [InlineData("""{"a":[1,2]}""", "/a/1", "2", true)]
    [InlineData("""{"a":null}""", "/a", "null", true)]
    [InlineData("""{}""", "/a", "null", true)]
    [InlineData("""{}""", "/a", "1", false)]
    [InlineData("""{"a":{}}""", "", """{"a":{}}""", true)]
    public void Apply_Test_ComparesDeeply(string document, string path, string value, bool isEqual)
    {
        var patch = $$"""[{"op":"test","path":"{{path}}","value":{{value}}}]""";

        if (isEqual)
            Apply(document, patch).ShouldBe(document);
        else
            Fail(document, patch, PatchFault.NotApplicable).ShouldBe($"testing path {path} failed: test failed");
    }

    [Theory]
    [InlineData("""[{"op":"add","path":"/x/y","value":1}]""", """add operation does not apply: doc is missing path: "/x/y": missing value""")]
    [InlineData("""[{"op":"add","path":"/a/y","value":1}]""", """add operation does not apply: doc is missing path: "/a/y": missing value""")]
    [InlineData("""[{"op":"add","path":"/n/y","value":1}]""", """add operation does not apply: doc is missing path: "/n/y": missing value""")]
    [InlineData("""[{"op":"add","path":"/l/4","value":1}]""", "error in add for path: '/l/4': Unable to access invalid index: 4: invalid index referenced")]
    [InlineData("""[{"op":"remove","path":"/x"}]""", "error in remove for path: '/x': Unable to remove nonexistent key: x: missing value")]
    [InlineData("""[{"op":"remove","path":"/l/-"}]""", "error in remove for path: '/l/-': Unable to access invalid index: -: invalid index referenced")]
    [InlineData("""[{"op":"remove","path":"/l/01"}]""", "error in remove for path: '/l/01': Unable to access invalid index: 01: invalid index referenced")]
    [InlineData("""[{"op":"remove","path":"/l/-1"}]""", "error in remove for path: '/l/-1': Unable to access invalid index: -1: invalid index referenced")]
    [InlineData("""[{"op":"replace","path":"/x","value":1}]""", "replace operation does not apply: doc is missing key: /x: missing value")]
    [InlineData("""[{"op":"replace","path":"/x/y","value":1}]""", "replace operation does not apply: doc is missing path: /x/y: missing value")]
    [InlineData("""[{"op":"move","from":"/x","path":"/y"}]""", "move operation does not apply: doc is missing from path: /x: missing value")]
    [InlineData("""[{"op":"move","from":"/o","path":"/o/p/q"}]""", "move operation does not apply: /o/p/q is inside of /o")]
    [InlineData("""[{"op":"copy","from":"/x","path":"/y"}]""", "copy operation does not apply: doc is missing from path: /x: missing value")]
    public void Apply_MissingPlace_DoesNotApply(string patch, string message) =>
        Fail("""{"a":1,"n":null,"l":[1,2,3],"o":{"p":{}}}""", patch, PatchFault.NotApplicable).ShouldBe(message);

    [Theory]
    [InlineData("""[{"op":"frob","path":"/a"}]""", "Unexpected kind: frob")]
    [InlineData("""[{"op":"add","path":"/a"}]""", "add operation for path /a has no value")]
    [InlineData("""[{"op":"add","value":1}]""", "error decoding patch: an operation must have a string member \"path\"")]
    [InlineData("""[{"op":"move","path":"/a"}]""", "error decoding patch: an operation must have a string member \"from\"")]
    [InlineData("""[{"op":"remove","path":"a"}]""", "invalid JSON pointer \"a\": must be empty or begin with '/'")]
    [InlineData("""[{"op":"remove","path":"/a~2"}]""", "invalid JSON pointer \"/a~2\": '~' must be followed by 0 or 1")]
    [InlineData("""{"op":"remove","path":"/a"}""", "error decoding patch: the patch must be a JSON array of operations")]
    [InlineData("""[1]""", "error decoding patch: an operation must be a JSON object")]
    public void Apply_MalformedPatch_IsRefused(string patch, string message) =>
        Fail("""{"a":1}""", patch, PatchFault.Malformed).ShouldBe(message);

    [Fact]
    public void Apply_NoJson_IsRefused() => Fail("{}", "[", PatchFault.Malformed).ShouldStartWith("error decoding patch: ");

    [Fact]
    public void Apply_LastOperationFails_LeavesTheDocument()
    {
        var document = JsonNode.Parse("""{"a":{"b":1}}""")!;

        Should.Throw<PatchException>(() => JsonPatch.Apply(
            document, """[{"op":"replace","path":"/a/b","value":2},{"op":"remove","path":"/x"}]"""u8));
        document.ToJsonString().ShouldBe("""{"a":{"b":1}}""");
    }

    [Fact]
    public void Apply_TooManyOperations_IsRefused()
    {
        Apply("{}", Repeat("""{"op":"add","path":"/a","value":1}""", 10_000)).ShouldBe("""{"a":1}""");
        Fail("{}", Repeat("""{"op":"add","path":"/a","value":1}""", 10_001), PatchFault.TooLarge)
            .ShouldBe("The allowed maximum operations in a JSON patch is 10000, got 10001");
    }

    [Fact]
    public void Apply_DoublingCopies_IsRefused() =>
        Fail("""{"a":["xxxxxxxxxxxxxxxx"]}""", Repeat("""{"op":"copy","from":"/a","path":"/a/-"}""", 40), PatchFault.NotApplicable)
            .ShouldMatch("^Unable to complete the copy, the accumulated size increase of copy is [0-9]+, exceeding the limit 3145728$");

    [Fact]
    public void Apply_CopiesOfALargeDocument_CountNoFurtherThanTheLimit()
    {
        var large = $$"""{"a":[{{string.Join(',', Enumerable.Repeat("1", 500_000))}}]}""";
        var before = GC.GetAllocatedBytesForCurrentThread();

        Fail(large, Repeat("""{"op":"copy","from":"","path":"/b"}""", 10_000), PatchFault.NotApplicable);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(400_000_000);
    }

    [Fact]
    public void Apply_EverDeeperDocument_IsRefused()
    {
        var paths = Enumerable.Range(1, 101).Select(depth => string.Concat(Enumerable.Repeat("/a", depth)));
        var operations = paths.Select(path => $$"""{"op":"add","path":"{{path}}","value":{} }""");

        Fail("{}", $"[{string.Join(',', operations)}]", PatchFault.TooLarge).ShouldContain("maximum depth");
    }

    private static string Repeat(string operation, int count) => $"[{string.Join(',', Enumerable.Repeat(operation, count))}]";

    private static string? Apply(string document, string patch) =>
        JsonPatch.Apply(JsonNode.Parse(document)!, Encoding.UTF8.GetBytes(patch))?.ToJsonString();

    private static string Fail(string document, string patch, PatchFault fault)
    {
        var exception = Should.Throw<PatchException>(() => Apply(document, patch));
        exception.Fault.ShouldBe(fault);
        return exception.Message;
    }
}
