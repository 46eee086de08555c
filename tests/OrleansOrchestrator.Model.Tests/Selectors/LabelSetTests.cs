using System.Text;
using System.Text.Json;
using CsCheck;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Selectors;

public sealed class LabelSetTests
{
    [Fact]
    public void From_AnyOrder_SortsOrdinally() =>
        LabelSet.From([new("b", "1"), new("B", "2"), new("a", "3")]).Select(pair => pair.Key).ShouldBe(["B", "a", "b"]);

    [Fact]
    public void From_DuplicateKeys_KeepsTheLast() =>
        LabelSet.From([new("a", "1"), new("b", "2"), new("a", "3")]).ToString().ShouldBe("a=3,b=2");

    [Fact]
    public void Default_NoLabels_IsEmpty()
    {
        LabelSet labels = default;

        labels.ShouldBe(LabelSet.From(null));
        labels.Count.ShouldBe(0);
        labels.ContainsKey("a").ShouldBeFalse();
        labels.ToString().ShouldBe("<none>");
    }

    [Fact]
    public void TryGetValue_AnyMap_AnswersLikeADictionary() =>
        Gen.Dictionary(Gen.String[Gen.Char['a', 'e'], 1, 3], Gen.String[Gen.Char['a', 'c'], 0, 2]).Sample(map =>
        {
            var labels = LabelSet.From(map);
            labels.Count.ShouldBe(map.Count);
            foreach (var (key, value) in map)
                labels.Get(key).ShouldBe(value);
            labels.Get("zz").ShouldBeNull();
            labels.Select(pair => pair.Key).ShouldBe(map.Keys.Order(StringComparer.Ordinal));
        });

    [Fact]
    public void Equals_SameLabelsInAnotherOrder_IsEqual()
    {
        var left = LabelSet.From([new("a", "1"), new("b", "2")]);
        var right = LabelSet.From([new("b", "2"), new("a", "1")]);

        (left == right).ShouldBeTrue();
        left.GetHashCode().ShouldBe(right.GetHashCode());
        (left != LabelSet.From([new("a", "1"), new("b", "3")])).ShouldBeTrue();
    }

    [Fact]
    public void Read_Json_TakesStringsAndStopsAtTheEnd()
    {
        var labels = Read("""{"b":"2","a\u0031":"x\ny","n":null,"o":{"p":[1]}} """, out var endsOn);

        labels.ShouldBe(LabelSet.From([new("b", "2"), new("a1", "x\ny"), new("n", ""), new("o", "")]));
        endsOn.ShouldBe(JsonTokenType.EndObject);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[1,2]")]
    [InlineData("{}")]
    public void Read_NoObject_IsEmpty(string json) => Read(json, out _).ShouldBe(LabelSet.Empty);

    [Fact]
    public void Read_SameTextOften_SharesStrings() =>
        // Tests beside this one may overwrite the slot that the text is in, so that a few copies are no fault.
        Enumerable.Range(0, 100)
            .Select(_ => Read("""{"app":"web-share"}""", out var _).Get("app"))
            .Distinct(ReferenceEqualityComparer.Instance)
            .Count().ShouldBeLessThan(20);

    private static LabelSet Read(string json, out JsonTokenType endsOn)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var labels = LabelSet.Read(ref reader);
        endsOn = reader.TokenType;
        return labels;
    }
}
