using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class DecodeFaultsTests
{
    [Theory]
    [InlineData("", "couldn't get version/kind; json parse error: unexpected end of JSON input")]
    [InlineData("{\"metadata\":{", "couldn't get version/kind; json parse error: unexpected end of JSON input")]
    [InlineData("{\"metadata\":\"abc", "couldn't get version/kind; json parse error: unexpected end of JSON input")]
    [InlineData("{\"spec\":5}", "json: cannot unmarshal number into Go struct field Pod.spec of type v1.PodSpec")]
    [InlineData("{\"spec\":{\"containers\":{}}}", "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type []v1.Container")]
    [InlineData("{\"spec\":{\"containers\":[{\"name\":[]}]}}", "json: cannot unmarshal array into Go struct field Container.spec.containers.name of type string")]
    [InlineData("{\"metadata\":{\"labels\":{\"a.b\":1}}}", "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string")]
    [InlineData("{\"metadata\":{\"labels\":\"x\"}}", "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string")]
    [InlineData("{\"spec\":{\"activeDeadlineSeconds\":\"x\"}}", "json: cannot unmarshal string into Go struct field PodSpec.spec.activeDeadlineSeconds of type int64")]
    [InlineData("{\"spec\":{\"hostNetwork\":1}}", "json: cannot unmarshal number into Go struct field PodSpec.spec.hostNetwork of type bool")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type v1.Pod")]
    [InlineData("{\"spec\":{\"priority\":3.0}}", "json: cannot unmarshal number 3.0 into Go struct field PodSpec.spec.priority of type int32")]
    [InlineData("{\"spec\":{\"priority\":1e3}}", "json: cannot unmarshal number 1e3 into Go struct field PodSpec.spec.priority of type int32")]
    [InlineData("{\"spec\":{\"priority\":3000000000}}", "json: cannot unmarshal number 3000000000 into Go struct field PodSpec.spec.priority of type int32")]
    [InlineData("{\"metadata\":{\"creationTimestamp\":5}}", "json: cannot unmarshal number into Go value of type string")]
    [InlineData("{\"spec\":{\"containers\":[{\"livenessProbe\":{\"httpGet\":{\"port\":true}}}]}}", "json: cannot unmarshal bool into Go value of type int32")]
    [InlineData("{\"spec\":{\"containers\":[{\"livenessProbe\":{\"httpGet\":{\"port\":3.0}}}]}}", "json: cannot unmarshal number 3.0 into Go value of type int32")]
    [InlineData("{\"spec\":{\"containers\":[{\"livenessProbe\":{\"httpGet\":{\"port\":5000000000}}}]}}", "json: cannot unmarshal number 5000000000 into Go value of type int32")]
    [InlineData("{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"lots\"}}}]}}", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    public void Explain_OfAnUnreadablePod_NamesFieldAndTypes(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Pod>(bytes));
        DecodeFaults.Explain(failure, bytes, typeof(V1Pod)).ShouldBe(expected);
    }

    [Fact]
    public void Explain_OfSyntax_SaysWhatIsWrong()
    {
        var bytes = "{\"a\" 1}"u8.ToArray();
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Pod>(bytes));
        DecodeFaults.Explain(failure, bytes, typeof(V1Pod)).ShouldStartWith("couldn't get version/kind; json parse error: '1' is invalid after a property name");
    }

    [Fact]
    public void Explain_OfBadBase64_SaysSo()
    {
        var bytes = "{\"data\":{\"k\":\"***\"}}"u8.ToArray();
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Secret>(bytes));
        DecodeFaults.Explain(failure, bytes, typeof(V1Secret)).ShouldBe("illegal base64 data at input byte 0");
    }

    [Theory]
    [InlineData("{\"spec\":{\"priority\":1.5}}", "cannot convert float64 to int32")]
    [InlineData("{\"spec\":{\"priority\":\"x\"}}", "unrecognized type: int32")]
    [InlineData("{\"spec\":{\"nodeName\":1}}", "cannot convert int64 to string")]
    [InlineData("{\"spec\":{\"nodeName\":true}}", "unrecognized type: string")]
    [InlineData("{\"spec\":{\"containers\":{}}}", "cannot restore slice from map")]
    [InlineData("{\"metadata\":{\"labels\":[]}}", "cannot restore map from slice")]
    [InlineData("{\"spec\":\"x\"}", "cannot restore struct from: string")]
    [InlineData("{\"metadata\":{\"creationTimestamp\":5}}", "json: cannot unmarshal number into Go value of type string")]
    public void ExplainMerged_OfAnUnreadablePod_UsesTheWordsForNodes(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Pod>(bytes));
        DecodeFaults.ExplainMerged(failure, bytes, typeof(V1Pod)).ShouldBe(expected);
    }

    [Theory]
    [InlineData("YWJj*", 4)]
    [InlineData("YWJjY", 4)]
    [InlineData("=YWJ", 0)]
    public void Explain_OfBadBase64_CountsToTheFault(string data, int position)
    {
        var bytes = Encoding.UTF8.GetBytes($$$"""{"data":{"k":"{{{data}}}"}}""");
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Secret>(bytes));
        DecodeFaults.Explain(failure, bytes, typeof(V1Secret)).ShouldBe($"illegal base64 data at input byte {position}");
    }
}
