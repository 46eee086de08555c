using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

public sealed class StrategicMergePatchTests
{
    private const string Web = """{"spec":{"containers":[{"name":"web","image":"w:1","env":[{"name":"A","value":"1"}]},{"name":"log","image":"l:1"}]}}""";

    [Theory]
    // Elements are merged by key; new ones come before the server's, as the documentation's example of a second container shows.
    [InlineData(Web, """{"spec":{"containers":[{"name":"log","image":"l:2"}]}}""",
        """{"spec":{"containers":[{"name":"web","image":"w:1","env":[{"name":"A","value":"1"}]},{"name":"log","image":"l:2"}]}}""")]
    [InlineData(Web, """{"spec":{"containers":[{"name":"web","env":[{"name":"B","value":"2"}]}]}}""",
        """{"spec":{"containers":[{"name":"web","image":"w:1","env":[{"name":"B","value":"2"},{"name":"A","value":"1"}]},{"name":"log","image":"l:1"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a"}]}}""", """{"spec":{"containers":[{"name":"b","image":null,"env":[]}]}}""",
        """{"spec":{"containers":[{"name":"b","env":[]},{"name":"a"}]}}""")]
    // Directives of elements.
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}""",
        """{"spec":{"containers":[{"name":"b"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""", """{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}""",
        """{"spec":{"containers":[{"name":"c"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","image":"1"}]}}""", """{"spec":{"containers":[{"$patch":"merge","name":"a","tty":true}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"1","tty":true}]}}""")]
    [InlineData("""{}""", """{"spec":{"containers":[{"$patch":"replace"},{"name":"c"},{"name":"d","$patch":"delete"}]}}""",
        """{"spec":{"containers":[{"name":"c"}]}}""")]
    // Directives of objects.
    [InlineData("""{"spec":{"nodeSelector":{"a":"1"}}}""", """{"spec":{"nodeSelector":{"$patch":"replace","b":"2"}}}""", """{"spec":{"nodeSelector":{"b":"2"}}}""")]
    [InlineData("""{"spec":{"nodeSelector":{"a":"1"}}}""", """{"spec":{"nodeSelector":{"$patch":"delete"}}}""", """{"spec":{"nodeSelector":{}}}""")]
    [InlineData("""{"spec":{"nodeSelector":{"a":"1"}}}""", """{"spec":{"nodeSelector":{"$patch":"merge","b":"2"}}}""", """{"spec":{"nodeSelector":{"a":"1","b":"2"}}}""")]
    [InlineData("""{"spec":{}}""", """{"spec":{"nodeSelector":{"$patch":"replace","b":"2"}}}""", """{"spec":{"nodeSelector":{"b":"2"}}}""")]
    [InlineData("""{"spec":{}}""", """{"spec":{"nodeSelector":{"$patch":"delete"}}}""", """{"spec":{}}""")]
    // Nulls delete.
    [InlineData("""{"metadata":{"labels":{"a":"1","b":"2"}}}""", """{"metadata":{"labels":{"a":null,"c":null}}}""", """{"metadata":{"labels":{"b":"2"}}}""")]
    [InlineData("""{"metadata":{"labels":{"a":"1"}}}""", """{"metadata":{"labels":null}}""", """{"metadata":{}}""")]
    // Atomic lists are replaced.
    [InlineData("""{"spec":{"tolerations":[{"key":"a"}]}}""", """{"spec":{"tolerations":[{"key":"b","value":null}]}}""", """{"spec":{"tolerations":[{"key":"b"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a","command":["x","y"]}]}}""", """{"spec":{"containers":[{"name":"a","command":["z"]}]}}""",
        """{"spec":{"containers":[{"name":"a","command":["z"]}]}}""")]
    // Sets of scalars.
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"finalizers":["c","a"]}}""", """{"metadata":{"finalizers":["c","a","b"]}}""")]
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a","x"]}}""", """{"metadata":{"finalizers":["b"]}}""")]
    [InlineData("""{"metadata":{}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"]}}""", """{"metadata":{}}""")]
    [InlineData("""{"metadata":{"finalizers":["a","b"]}}""", """{"metadata":{"$deleteFromPrimitiveList/finalizers":["a"],"finalizers":["c"]}}""", """{"metadata":{"finalizers":["c","b"]}}""")]
    // The order of elements.
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"c"}]}}""", """{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}]}}""",
        """{"spec":{"containers":[{"name":"b"},{"name":"c"},{"name":"a"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"n"},{"name":"b"},{"name":"a"}],"containers":[{"name":"n","image":"i"}]}}""",
        """{"spec":{"containers":[{"name":"n","image":"i"},{"name":"b"},{"name":"a"}]}}""")]
    [InlineData("""{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"b"}],"containers":[{"name":"a","$patch":"delete"}]}}""",
        """{"spec":{"containers":[{"name":"b"}]}}""")]
    [InlineData("""{"spec":{}}""", """{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","image":"i"}]}}""",
        """{"spec":{"containers":[{"name":"a","image":"i"}]}}""")]
    [InlineData("""{"spec":{}}""", """{"spec":{"$setElementOrder/containers":[{"name":"a"}]}}""", """{"spec":{}}""")]
    [InlineData("""{"metadata":{"finalizers":["a","b","c"]}}""", """{"metadata":{"$setElementOrder/finalizers":["c","b"],"finalizers":["c"]}}""",
        """{"metadata":{"finalizers":["a","c","b"]}}""")]
    // Retained keys.
    [InlineData("""{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}""",
        """{"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}}""",
        """{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}""")]
    [InlineData("""{"spec":{"volumes":[]}}""", """{"spec":{"volumes":[{"name":"v","$retainKeys":["name"]}]}}""", """{"spec":{"volumes":[{"name":"v"}]}}""")]
    // Values of another type, and fields without a model.
    [InlineData("""{"spec":{"containers":"x"}}""", """{"spec":{"containers":[{"name":"a"}]}}""", """{"spec":{"containers":[{"name":"a"}]}}""")]
    [InlineData("""{"x":{"y":{"l":[1]}}}""", """{"x":{"y":{"l":[2],"z":1}}}""", """{"x":{"y":{"l":[2],"z":1}}}""")]
    public void Apply_PodPatch_MergesAsKubernetesDoes(string document, string patch, string expected) => Apply<V1Pod>(document, patch).ShouldBe(expected);

    [Fact]
    public void Apply_DeploymentPatch_FindsMergeKeysBelowTheTemplate() => Apply<V1Deployment>(
        """{"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x"}]}]}}}}""",
        """{"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"hostPort":8080},{"containerPort":81}]}]}}}}""")
        .ShouldBe("""{"spec":{"template":{"spec":{"containers":[{"name":"a","ports":[{"containerPort":80,"name":"x","hostPort":8080},{"containerPort":81}]}]}}}}""");

    [Fact]
    public void Apply_ServicePorts_MergeByPort() => Apply<V1Service>(
        """{"spec":{"ports":[{"port":80,"nodePort":30080},{"port":443}]}}""",
        """{"spec":{"ports":[{"port":80,"targetPort":8080}]}}""")
        .ShouldBe("""{"spec":{"ports":[{"port":80,"nodePort":30080,"targetPort":8080},{"port":443}]}}""");

    [Fact]
    public void Apply_DisruptionBudgetSelector_IsReplaced() => Apply<V1PodDisruptionBudget>(
        """{"spec":{"selector":{"matchLabels":{"a":"1"}}}}""",
        """{"spec":{"selector":{"matchLabels":{"b":"2"}}}}""")
        .ShouldBe("""{"spec":{"selector":{"matchLabels":{"b":"2"}}}}""");

    [Fact]
    public void Apply_NodeConditions_MergeByType() => Apply<V1Node>(
        """{"status":{"conditions":[{"type":"Ready","status":"False","reason":"r"},{"type":"DiskPressure","status":"False"}]}}""",
        """{"status":{"$setElementOrder/conditions":[{"type":"Ready"},{"type":"DiskPressure"}],"conditions":[{"type":"Ready","status":"True"}]}}""")
        .ShouldBe("""{"status":{"conditions":[{"type":"Ready","status":"True","reason":"r"},{"type":"DiskPressure","status":"False"}]}}""");

    [Fact]
    public void Apply_DuplicateMergeKeys_ChangesTheFirst() => Apply<V1Service>(
        """{"spec":{"ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"}]}}""",
        """{"spec":{"ports":[{"port":53,"name":"dns"}]}}""")
        .ShouldBe("""{"spec":{"ports":[{"port":53,"protocol":"UDP","name":"dns"},{"port":53,"protocol":"TCP"}]}}""");

    [Theory]
    [InlineData("""{"spec":{"containers":[{"image":"i"}]}}""", """map: {"image":"i"} does not contain declared merge key: name""")]
    [InlineData("""{"spec":{"containers":["a"]}}""", """list element types are not identical: "a" is not among objects""")]
    [InlineData("""{"spec":{"containers":[[]]}}""", "lists of lists are not supported")]
    [InlineData("""{"spec":{"$patch":"swap"}}""", """unknown patch type: swap in map: {"$patch":"swap"}""")]
    [InlineData("""{"spec":{"$retainKeys":"x"}}""", "invalid patch format of retainKeys")]
    [InlineData("""{"spec":{"$retainKeys":["a"],"b":1}}""", "patch content doesn't match retainKeys list")]
    [InlineData("""{"spec":{"$setElementOrder/containers":{}}}""", "invalid patch format of setElementOrder list")]
    [InlineData("""{"metadata":{"$deleteFromPrimitiveList/finalizers":{}}}""", "invalid patch format of primitive list")]
    [InlineData("[]", "error decoding patch: the patch must be a JSON object")]
    public void Apply_MalformedPatch_IsRefused(string patch, string message)
    {
        var fault = Should.Throw<PatchException>(() => Apply<V1Pod>("""{"metadata":{},"spec":{"containers":[{"name":"a"}]}}""", patch));

        fault.Message.ShouldBe(message);
        fault.Fault.ShouldBe(PatchFault.Malformed);
    }

    [Fact]
    public void Apply_PatchOutOfItsOwnOrder_IsRefused() => Should.Throw<PatchException>(() => Apply<V1Pod>(
        """{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}""",
        """{"spec":{"$setElementOrder/containers":[{"name":"a"},{"name":"b"}],"containers":[{"name":"b","tty":true},{"name":"a","tty":true}]}}"""))
        .Message.ShouldContain("doesn't match $setElementOrder list");

    [Fact]
    public void Apply_AnyPatch_LeavesTheDocument()
    {
        var document = JsonNode.Parse(Web)!;

        StrategicMergePatch.Apply(document, """{"spec":{"containers":[{"name":"web","$patch":"delete"}]}}"""u8, typeof(V1Pod));
        document.ToJsonString().ShouldBe(Web);
    }

    /// <summary>Applies a patch to nodes, and sees to it that the encoded document ends up the same, or is refused in the same way.</summary>
    private static string Apply<T>(string document, string patch)
    {
        var (json, bytes) = (Encoding.UTF8.GetBytes(document), Encoding.UTF8.GetBytes(patch));
        JsonNode applied;
        try
        {
            applied = StrategicMergePatch.Apply(JsonNode.Parse(document)!, bytes, typeof(T));
        }
        catch (PatchException refused)
        {
            Should.Throw<PatchException>(() => StrategicMergePatch.Apply(json, bytes, typeof(T))).Message.ShouldBe(refused.Message);
            throw;
        }

        JsonNode.DeepEquals(JsonNode.Parse(StrategicMergePatch.Apply(json, bytes, typeof(T))), applied).ShouldBeTrue();
        return applied.ToJsonString();
    }
}
