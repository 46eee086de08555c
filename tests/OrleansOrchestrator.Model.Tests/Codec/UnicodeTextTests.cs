using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

public sealed class UnicodeTextTests
{
    private static readonly string[] Pieces = ["\\ud800", "\\udfff", "\\uD83D", "\\uDE00", "\\\\", "\\n", "u", "d800", "é"];

    [Theory]
    [InlineData("""{"a":"b"}""")]
    [InlineData("""{"a":"\ud83d\ude00 \u00e9 é 😀"}""")]
    [InlineData("""{"a":"\\ud800"}""")]
    [InlineData("""{"a":"\\\\\\udc00"}""")]
    public void Repair_OfUnicode_LeavesItAsItIs(string json)
    {
        UnicodeText.IsUnicode(Encoding.UTF8.GetBytes(json)).ShouldBeTrue();
        Repaired(Encoding.UTF8.GetBytes(json)).ShouldBe(json);
    }

    [Theory]
    [InlineData("""["\ud800"]""", "[\"\uFFFD\"]")]
    [InlineData("""["\uDC00x"]""", "[\"\uFFFDx\"]")]
    [InlineData("""["\ud800\ud83d\ude00"]""", "[\"\uFFFD😀\"]")]
    [InlineData("""["\ude00\ud83d"]""", "[\"\uFFFD\uFFFD\"]")]
    [InlineData("""["\ud83d\\ude00"]""", "[\"\uFFFD\\\\ude00\"]")]
    [InlineData("""["\\\ud800"]""", "[\"\\\\\uFFFD\"]")]
    [InlineData("""{"\ud800":1}""", "{\"\uFFFD\":1}")]
    public void Repair_OfAnEscapeOfHalfAPair_GivesTheReplacementCharacter(string json, string expected)
    {
        UnicodeText.IsUnicode(Encoding.UTF8.GetBytes(json)).ShouldBeFalse();
        Normalised(Repaired(Encoding.UTF8.GetBytes(json))).ShouldBe(Normalised(expected));
    }

    [Theory]
    [InlineData(new byte[] { 0xff }, 1)]
    [InlineData(new byte[] { 0xe2, 0x82 }, 2)]
    [InlineData(new byte[] { 0xf0, 0x9f, 0x98 }, 3)]
    [InlineData(new byte[] { 0xc0, 0x80 }, 2)]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, 3)]
    public void Repair_OfAByteOfNoCharacter_GivesAReplacementCharacter(byte[] bytes, int count)
    {
        byte[] json = [.. "[\"a"u8, .. bytes, .. "b\"]"u8];

        UnicodeText.IsUnicode(json).ShouldBeFalse();
        Repaired(json).ShouldBe($"[\"a{new string('\uFFFD', count)}b\"]");
    }

    [Fact]
    public void AnyBytes_Repaired_AreUnicodeAndStaySo() =>
        Gen.Byte.Array[0, 64].Sample(bytes =>
        {
            var repaired = UnicodeText.Repair(bytes);
            UnicodeText.IsUnicode(repaired).ShouldBeTrue();
            UnicodeText.Repair(repaired).ShouldBe(repaired);
        });

    [Fact]
    public void AnyEscapes_Repaired_CanBeReadAsText() =>
        Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]).Array[0, 12].Sample(parts =>
        {
            using var document = JsonDocument.Parse(UnicodeText.Repair(Encoding.UTF8.GetBytes($"\"{string.Concat(parts)}\"")));
            document.RootElement.GetString()!.EnumerateRunes().Count().ShouldBeGreaterThanOrEqualTo(0);
        });

    private static string Repaired(byte[] json) => Encoding.UTF8.GetString(UnicodeText.Repair(json));

    private static string Normalised(string json)
    {
        using var document = JsonDocument.Parse(json);
        return JsonSerializer.Serialize(document.RootElement);
    }
}
