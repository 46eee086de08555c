using System.Text.Json.Nodes;
using OrleansOrchestrator.Documents.CustomResources;

namespace OrleansOrchestrator.Documents.Tests.CustomResources;

public sealed class JsonPathTests
{
    private const string Document = """
        {"spec":{"a.b":1,"list":["x","y"],"map":{"k":2}},
         "status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Old","status":"False"}]}}
        """;

    [Theory]
    [InlineData(".spec.map.k", "2")]
    [InlineData(".spec['a.b']", "1")]
    [InlineData(".spec.a\\.b", "1")]
    [InlineData(".spec.list[0]", "x")]
    [InlineData(".spec.list[-1]", "y")]
    [InlineData(".spec.list[*]", "x,y")]
    [InlineData(".status.conditions[?(@.type==\"Ready\")].status", "True")]
    [InlineData(".status.conditions[?(@.type!='Ready')].status", "False")]
    [InlineData(".spec.missing.deeper", "")]
    public void Path_IntoDocument_FindsValues(string path, string expected) =>
        string.Join(',', JsonPathExpression.TryParse(path).ShouldNotBeNull().Find(JsonNode.Parse(Document))).ShouldBe(expected);

    [Theory]
    [InlineData(".spec[")]
    [InlineData(".spec..a")]
    [InlineData(".spec[?(x)]")]
    public void Path_NotUnderstood_IsNone(string path) => JsonPathExpression.TryParse(path).ShouldBeNull();
}
