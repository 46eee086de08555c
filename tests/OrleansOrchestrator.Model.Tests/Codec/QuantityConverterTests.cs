using System.Text;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class QuantityConverterTests
{
    [Theory]
    [InlineData("\"100m\"", "100m")]
    [InlineData("\"0.5\"", "500m")]
    [InlineData("\"1024Mi\"", "1Gi")]
    [InlineData("\" 2 \"", "2")]
    [InlineData("\"\\u0031Gi\"", "1Gi")]
    [InlineData("1.5", "1500m")]
    [InlineData("-1", "-1")]
    [InlineData("\"1e3\"", "1e3")]
    public void Decode_Quantity_IsWrittenInCanonicalForm(string json, string canonical)
    {
        var decoded = Decode(json);

        Encoding.UTF8.GetString(ObjectCodec.Encode(decoded)).ShouldBe($$$"""{"limits":{"memory":"{{{canonical}}}"}}""");
        Quantity.From(decoded.Limits["memory"]).ShouldBe(Quantity.Parse(canonical));
    }

    [Theory]
    [InlineData("\"abc\"", "quantities must match")]
    [InlineData("\"\"", "quantities must match")]
    [InlineData("\"1mi\"", "unable to parse quantity's suffix")]
    [InlineData("true", "ResourceQuantity")]
    public void Decode_NoQuantity_SaysWhy(string json, string why) =>
        Should.Throw<JsonException>(() => Decode(json)).Message.ShouldContain(why);

    [Fact]
    public void Decode_EndlessNumber_IsRefused()
    {
        Should.Throw<JsonException>(() => Decode($"\"{new string('9', 1_000_000)}\""));
        Should.Throw<JsonException>(() => Decode($"\"\\u0031{new string('9', 1_000_000)}\""));
    }

    [Fact]
    public void Decode_MoreQuantitiesThanAreRemembered_ReadsEachRight()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 10_000; i++)
                Decode($"\"{i}m\"").Limits["memory"].ToString().ShouldBe(Quantity.Parse($"{i}m").ToString());
        }
    }

    [Fact]
    public void Decode_SameText_SharesTheQuantity() => Decode("\"64Mi\"").Limits["memory"].ShouldBeSameAs(Decode("\"64Mi\"").Limits["memory"]);

    private static V1ResourceRequirements Decode(string quantity) =>
        ObjectCodec.Decode<V1ResourceRequirements>(Encoding.UTF8.GetBytes($$$"""{"limits":{"memory":{{{quantity}}}}}"""));
}
