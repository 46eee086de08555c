using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public class SemanticEqualityTests
{
    [Theory]
    [InlineData("{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true)]
    [InlineData("{\"a\":[]}", "{}", true)]
    [InlineData("{}", "{\"a\":{}}", true)]
    [InlineData("{\"a\":null}", "{}", true)]
    [InlineData("[1,2]", "[2,1]", false)]
    [InlineData("{\"a\":1}", "{\"a\":2}", false)]
    [InlineData("{\"a\":1}", "{}", false)]
    [InlineData("{}", "{\"a\":1}", false)]
    [InlineData("{\"a\":{\"b\":[{\"c\":1}]}}", "{\"a\":{\"b\":[{\"c\":1,\"d\":[]}]}}", true)]
    [InlineData("{\"a\":\"\"}", "{}", false)]
    public void Equal_OfDocuments_IgnoresMemberOrderAndEmptiness(string left, string right, bool equal)
    {
        using var leftDocument = JsonDocument.Parse(left);
        using var rightDocument = JsonDocument.Parse(right);

        SemanticEquality.Equal(leftDocument.RootElement, rightDocument.RootElement).ShouldBe(equal);
    }

    [Fact]
    public void Equal_OfMaps_IgnoresTheOrderOfInsertion() => SemanticEquality.Equal(
        new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" },
        new Dictionary<string, string> { ["b"] = "2", ["a"] = "1" }).ShouldBeTrue();
}
