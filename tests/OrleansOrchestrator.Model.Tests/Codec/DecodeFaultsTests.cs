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
    [InlineData("{\"spec\":5}", "json: cannot unmarshal number into field Pod.spec of type PodSpec")]
    [InlineData("{\"spec\":{\"containers\":{}}}", "json: cannot unmarshal object into field Pod.spec.containers of type array")]
    [InlineData("{\"spec\":{\"containers\":[{\"name\":[]}]}}", "json: cannot unmarshal array into field Pod.spec.containers[0].name of type string")]
    [InlineData("{\"metadata\":{\"labels\":{\"a.b\":1}}}", "json: cannot unmarshal number into field Pod.metadata.labels['a.b'] of type string")]
    [InlineData("{\"metadata\":{\"labels\":\"x\"}}", "json: cannot unmarshal string into field Pod.metadata.labels of type map")]
    [InlineData("{\"spec\":{\"activeDeadlineSeconds\":\"x\"}}", "json: cannot unmarshal string into field Pod.spec.activeDeadlineSeconds of type int64")]
    [InlineData("{\"spec\":{\"hostNetwork\":1}}", "json: cannot unmarshal number into field Pod.spec.hostNetwork of type bool")]
    [InlineData("{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"lots\"}}}]}}", "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    public void Explain_OfAnUnreadablePod_NamesFieldAndTypes(string json, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Pod>(bytes));
        DecodeFaults.Explain(failure, bytes, "Pod").ShouldBe(expected);
    }

    [Fact]
    public void Explain_OfSyntax_SaysWhatIsWrong()
    {
        var bytes = "{\"a\" 1}"u8.ToArray();
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Pod>(bytes));
        DecodeFaults.Explain(failure, bytes, "Pod").ShouldStartWith("couldn't get version/kind; json parse error: '1' is invalid after a property name");
    }

    [Fact]
    public void Explain_OfBadBase64_SaysSo()
    {
        var bytes = "{\"data\":{\"k\":\"***\"}}"u8.ToArray();
        var failure = Should.Throw<Exception>(() => ObjectCodec.Decode<V1Secret>(bytes));
        DecodeFaults.Explain(failure, bytes, "Secret").ShouldBe("illegal base64 data in field Secret.data.k");
    }
}
