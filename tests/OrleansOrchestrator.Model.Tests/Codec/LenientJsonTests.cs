using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class LenientJsonTests
{
    [Theory]
    [InlineData("""{"a":1,"a":2}""", """{"a":2}""", "a")]
    [InlineData("""{"a":1,"\u0061":2}""", """{"a":2}""", "a")]
    [InlineData("""{"s":{"c":[{"n":1},{"n":1,"n":2,"n":3}]}}""", """{"s":{"c":[{"n":1},{"n":3}]}}""", "s.c[1].n", "s.c[1].n")]
    [InlineData("""{"a":{"x":1},"a":{"y":1}}""", """{"a":{"y":1}}""", "a")]
    [InlineData("""[{"k":1,"k":null}]""", """[{"k":null}]""", "[0].k")]
    [InlineData("""{"a":{"k":1},"b":{"k":1}}""", """{"a":{"k":1},"b":{"k":1}}""")]
    public void Parse_FieldGivenTwice_TheLastCountsAndItIsTold(string json, string read, params string[] told)
    {
        var duplicates = new List<DuplicateField>();
        LenientJson.Parse(Encoding.UTF8.GetBytes(json), duplicates)!.ToJsonString().ShouldBe(read);
        duplicates.Select(duplicate => duplicate.JsonText).ShouldBe(told.Select(path => $"duplicate field \"{path}\""));
    }

    [Theory]
    [InlineData("3.0", "3")]
    [InlineData("1e3", "1000")]
    [InlineData("-1.50", "-1.5")]
    [InlineData("9223372036854775807", "9223372036854775807")]
    [InlineData("9223372036854775808", "9223372036854776000")]
    public void Parse_Number_IsWhatGoHolds(string number, string held)
    {
        LenientJson.Parse(Encoding.UTF8.GetBytes(number))!.ToJsonString().ShouldBe(held);
        LenientJson.Parse(Encoding.UTF8.GetBytes(number), keepsNumbers: true)!.ToJsonString().ShouldBe(number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{} {}")]
    [InlineData("1e400")]
    [InlineData("[1,]")]
    public void Parse_Malformed_IsRefused(string json) =>
        Should.Throw<JsonException>(() => LenientJson.Parse(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Parse_JsonWithoutDuplicates_IsWhatTheOrdinaryReaderReads() =>
        Documents.Sample(text => JsonNode.DeepEquals(LenientJson.Parse(Encoding.UTF8.GetBytes(text), [], keepsNumbers: true), JsonNode.Parse(text)));

    private static Gen<string> Documents { get; } = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Gen.Int.Select(number => number.ToString(System.Globalization.CultureInfo.InvariantCulture))
        : Gen.OneOf(
            inner.Array[0, 4].Select(elements => $"[{string.Join(",", elements)}]"),
            inner.Array[0, 4].Select(members => $"{{{string.Join(",", members.Select((member, i) => $"\"k{i}\":{member}"))}}}"),
            Gen.Const("null"),
            Gen.Const("true"),
            Gen.String[Gen.Char.AlphaNumeric, 0, 5].Select(text => $"\"{text}\""),
            Gen.Double[-1e6, 1e6].Select(number => number.ToString("R", System.Globalization.CultureInfo.InvariantCulture))));
}
