using System.Text;
using System.Text.Json;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Tests.Schemas;

/// <summary>Numbers of custom objects are what a double holds, so that everybody can read them.</summary>
public sealed class CustomNumberTests
{
    [Theory]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("123456789e999999999")]
    public void Number_ThatNoDoubleHolds_IsRefused(string number)
    {
        var json = Encoding.UTF8.GetBytes($$$"""{"metadata":{"name":"a"},"spec":{"n":[{{{number}}}]}}""");

        var refusal = Should.Throw<JsonException>(() => ObjectCodec.Decode<CustomObject>(json));

        DecodeFaults.Explain(refusal, json, typeof(CustomObject)).ShouldBe($"json: cannot unmarshal number {number} into Go value of type float64");
    }

    [Theory]
    [InlineData("1", "1")]
    [InlineData("-0", "0")]
    [InlineData("1.0", "1")]
    [InlineData("1e3", "1000")]
    [InlineData("1e-400", "0")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("0.1", "0.1")]
    [InlineData("1e15", "1000000000000000")]
    [InlineData("123456789012345678901234567890", "1.2345678901234568e+29")]
    public void Number_ThatADoubleHolds_IsWrittenAsItIsRead(string number, string written)
    {
        var obj = ObjectCodec.Decode<CustomObject>(Encoding.UTF8.GetBytes($$$"""{"spec":{"n":{{{number}}}}}"""));

        obj["spec"]!["n"]!.ToJsonString().ShouldBe(written);
    }
}
