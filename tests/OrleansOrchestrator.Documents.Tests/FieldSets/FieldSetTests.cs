using CsCheck;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.FieldSets;

namespace OrleansOrchestrator.Documents.Tests.FieldSets;

public sealed class FieldSetTests
{
    // Paths as lists of steps, of which the naive sets are made.
    private static readonly Gen<string[]> Path = Gen.OneOf("f:a", "f:b", "f:c", "k:{\"name\":\"x\"}", "v:1", "i:0").Array[1, 4];
    private static readonly Gen<string[][]> PathLists = Path.Array[0, 12];

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"f:a":{}}""")]
    [InlineData("""{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:ports":{".":{},"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}}}}""")]
    [InlineData("""{"f:x":{"v:\"a\\\"b\"":{}}}""")]
    public void Read_OfWhatKubernetesWrites_IsWrittenBackAsItWas(string fields) => FieldSetJson.Read(fields).ToString().ShouldBe(fields);

    [Theory]
    [InlineData("""{"a":{}}""")]
    [InlineData("""{"f:a":1}""")]
    [InlineData("""{"x:a":{}}""")]
    [InlineData("[]")]
    public void Read_OfAnythingElse_Throws(string fields) => Should.Throw<System.Text.Json.JsonException>(() => FieldSetJson.Read(fields));

    [Fact]
    public void Read_KeyWithOtherEscapes_IsTheSameKey() =>
        FieldSetJson.Read("""{"k:{\"name\":\"\\u0061\"}":{}}""").ShouldBe(FieldSetJson.Read("""{"k:{\"name\":\"a\"}":{}}"""));

    [Fact]
    public void Paths_OfEachKindOfStep_AreShownAsKubernetesShowsThem() =>
        FieldSetJson.Read("""{"f:spec":{"f:ports":{"k:{\"port\":80,\"protocol\":\"TCP\"}":{".":{},"f:port":{}}},"f:set":{"v:\"a\"":{}},"f:list":{"i:3":{}}}}""")
            .Paths().ShouldBe(
            [
                ".spec.list[3]",
                ".spec.ports[port=80,protocol=\"TCP\"]",
                ".spec.ports[port=80,protocol=\"TCP\"].port",
                ".spec.set[=\"a\"]",
            ]);

    [Fact]
    public void Algebra_OfAnySets_IsThatOfNaiveSets() => Gen.Select(PathLists, PathLists).Sample((left, right) =>
    {
        var (l, r) = (SetOf(left), SetOf(right));
        var (naiveLeft, naiveRight) = (Naive(left), Naive(right));
        Naive(l).ShouldBe(naiveLeft);
        Naive(l.Union(r)).ShouldBe([.. naiveLeft.Union(naiveRight).Order(StringComparer.Ordinal)]);
        Naive(l.Intersection(r)).ShouldBe([.. naiveLeft.Intersect(naiveRight).Order(StringComparer.Ordinal)]);
        Naive(l.Difference(r)).ShouldBe([.. naiveLeft.Except(naiveRight).Order(StringComparer.Ordinal)]);
        l.Union(r).ShouldBe(r.Union(l));
        l.Difference(r).Union(l.Intersection(r)).ShouldBe(l);
        l.Count.ShouldBe(naiveLeft.Count);
    });

    [Fact]
    public void Json_OfAnySet_IsReadAsTheSame() => PathLists.Sample(paths =>
    {
        var set = SetOf(paths);
        FieldSetJson.Read(set.ToString()).ShouldBe(set);
        FieldSetJson.Read(set.ToString()).GetHashCode().ShouldBe(set.GetHashCode());
        paths.ShouldAllBe(path => set.Has(path));
    });

    private static FieldSet SetOf(string[][] paths) => paths.Aggregate(FieldSet.Empty, (set, path) => set.Union(Single(path)));

    private static FieldSet Single(ReadOnlySpan<string> path)
    {
        var builder = default(FieldSetBuilder);
        builder.Add(path[0], path.Length == 1, path.Length == 1 ? FieldSet.Empty : Single(path[1..]));
        return builder.Build();
    }

    private static List<string> Naive(string[][] paths) =>
        [.. paths.Select(path => string.Concat(path.Select(PathElement.Display))).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static List<string> Naive(FieldSet set) => [.. set.Paths().Order(StringComparer.Ordinal)];
}
