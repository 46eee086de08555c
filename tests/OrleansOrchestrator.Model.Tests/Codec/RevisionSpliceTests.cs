using System.Text;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public class RevisionSpliceTests
{
    [Theory]
    [InlineData("{\"metadata\":{\"name\":\"a\"}}", 7, "{\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\"}}")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"7\",\"name\":\"a\"}}", 123456, "{\"metadata\":{\"resourceVersion\":\"123456\",\"name\":\"a\"}}")]
    [InlineData("{\"metadata\":{}}", 7, "{\"metadata\":{\"resourceVersion\":\"7\"}}")]
    [InlineData("{\"metadata\":{\"resourceVersion\":\"7\"}}", 8, "{\"metadata\":{\"resourceVersion\":\"8\"}}")]
    [InlineData("{\"data\":{\"metadata\":{\"x\":1}},\"metadata\":{\"name\":\"a\"}}", 9223372036854775807,
        "{\"data\":{\"metadata\":{\"x\":1}},\"metadata\":{\"resourceVersion\":\"9223372036854775807\",\"name\":\"a\"}}")]
    public void Set_WithMetadata_PutsTheRevisionFirst(string json, long revision, string expected) =>
        Encoding.UTF8.GetString(RevisionSplice.Set(Encoding.UTF8.GetBytes(json), revision)).ShouldBe(expected);

    [Theory]
    [InlineData("{\"metadata\":{\"name\":\"a\"}}", "{\"metadata\":{\"name\":\"a\"}}", true)]
    [InlineData("{\"metadata\":{\"name\":\"a\"}}", "{\"metadata\":{\"name\":\"b\"}}", false)]
    [InlineData("{\"metadata\":{\"name\":\"a\"},\"spec\":1}", "{\"metadata\":{\"name\":\"a\"},\"spec\":2}", false)]
    [InlineData("{\"metadata\":{}}", "{\"metadata\":{}}", true)]
    [InlineData("{\"metadata\":{\"name\":\"a\"}}", "{}", false)]
    public void EqualsIgnoringRevision_StoredAndEncoded_ComparesTheRest(string stored, string encoded, bool equal) =>
        RevisionSplice.EqualsIgnoringRevision(RevisionSplice.Set(Encoding.UTF8.GetBytes(stored), 42), Encoding.UTF8.GetBytes(encoded)).ShouldBe(equal);

    [Fact]
    public void Set_WithoutMetadata_Fails() =>
        Should.Throw<InvalidOperationException>(() => RevisionSplice.Set("{\"spec\":{}}"u8, 1));
}
