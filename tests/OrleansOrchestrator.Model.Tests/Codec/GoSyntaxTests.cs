using CsCheck;
using System.Globalization;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class GoSyntaxTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("+7", 7)]
    [InlineData("-007", -7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void ParseInt_OfANumber_IsTheNumber(string text, long number) => GoSyntax.ParseInt(text).ShouldBe(number);

    [Theory]
    [InlineData("", "strconv.ParseInt: parsing \"\": invalid syntax")]
    [InlineData("-", "strconv.ParseInt: parsing \"-\": invalid syntax")]
    [InlineData(" 1", "strconv.ParseInt: parsing \" 1\": invalid syntax")]
    [InlineData("1_0", "strconv.ParseInt: parsing \"1_0\": invalid syntax")]
    [InlineData("0x1", "strconv.ParseInt: parsing \"0x1\": invalid syntax")]
    [InlineData("1.0", "strconv.ParseInt: parsing \"1.0\": invalid syntax")]
    [InlineData("\u0661", "strconv.ParseInt: parsing \"\u0661\": invalid syntax")]
    [InlineData("a\"\n", "strconv.ParseInt: parsing \"a\\\"\\n\": invalid syntax")]
    [InlineData("9223372036854775808", "strconv.ParseInt: parsing \"9223372036854775808\": value out of range")]
    [InlineData("-9223372036854775809", "strconv.ParseInt: parsing \"-9223372036854775809\": value out of range")]
    public void ParseInt_OfAnythingElse_SaysWhyInGosWords(string text, string fault) =>
        Should.Throw<FormatException>(() => GoSyntax.ParseInt(text)).Message.ShouldBe(fault);

    [Theory]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    [InlineData("7", 7)]
    public void ParseUInt_OfANumber_IsTheNumber(string text, ulong number) => GoSyntax.ParseUInt(text).ShouldBe(number);

    [Theory]
    [InlineData("-1", "invalid syntax")]
    [InlineData("+1", "invalid syntax")]
    [InlineData("18446744073709551616", "value out of range")]
    public void ParseUInt_OfAnythingElse_SaysWhy(string text, string why) =>
        Should.Throw<FormatException>(() => GoSyntax.ParseUInt(text)).Message.ShouldBe($"strconv.ParseUint: parsing \"{text}\": {why}");

    [Theory]
    [InlineData("0", 0)]
    [InlineData("1m30s", 90)]
    [InlineData("-1.5h", -5400)]
    [InlineData("250ms", 0.25)]
    [InlineData("1h1m1s1ms", 3661.001)]
    public void ParseDuration_OfADuration_IsTheDuration(string text, double seconds) =>
        GoSyntax.ParseDuration(text).TotalSeconds.ShouldBe(seconds, 1e-6);

    [Theory]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("soon", "time: invalid duration \"soon\"")]
    [InlineData("5", "time: missing unit in duration \"5\"")]
    [InlineData("5x", "time: unknown unit \"x\" in duration \"5x\"")]
    [InlineData("99999999h", "time: invalid duration \"99999999h\"")]
    public void ParseDuration_OfAnythingElse_SaysWhy(string text, string fault) =>
        Should.Throw<FormatException>(() => GoSyntax.ParseDuration(text)).Message.ShouldBe(fault);

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(3.0, "3")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.25e-6, "0.00000125")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1e23, "1e+23")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    public void Format_OfANumber_IsHowGoWritesIt(double number, string text) => GoSyntax.Format(number).ShouldBe(text);

    [Fact]
    public void Format_OfAnyNumber_ReadsBackAsTheSame() =>
        Gen.Double.Where(double.IsFinite).Sample(number => double.Parse(GoSyntax.Format(number), CultureInfo.InvariantCulture).Equals(number));

    [Theory]
    [InlineData("a b", "\"a b\"")]
    [InlineData("\\ \" \t\r\n", "\"\\\\ \\\" \\t\\r\\n\"")]
    [InlineData("\u0001\u00A0\u200B", "\"\\x01\\u00a0\\u200b\"")]
    [InlineData("é \U0001F600", "\"é \U0001F600\"")]
    [InlineData("\U000E0001", "\"\\U000e0001\"")]
    public void Quote_OfAText_EscapesWhatCannotBeSeen(string text, string quoted) => GoSyntax.Quote(text).ShouldBe(quoted);

    [Fact]
    public void FormatTree_OfJson_IsHowGoPrintsMaps() =>
        GoSyntax.FormatTree("""{"b":[1,2.5,null,true],"a":{"c":"x y","d":{}}}"""u8).ShouldBe("map[a:map[c:x y d:map[]] b:[1 2.5 <nil> true]]");
}
