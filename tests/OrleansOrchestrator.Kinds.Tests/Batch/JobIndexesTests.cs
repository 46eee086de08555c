using CsCheck;
using OrleansOrchestrator.Kinds.Batch;

namespace OrleansOrchestrator.Kinds.Tests.Batch;

public class JobIndexesTests
{
    private static readonly Gen<int[]> Sets = Gen.Int[0, 40].Array[0, 25];

    [Fact]
    public void Indexes_AnySets_AreThoseOfPlainSets() => Gen.Select(Sets, Sets, Gen.Int[0, 45]).Sample((left, right, completions) =>
    {
        var (one, other) = (JobIndexes.Of(left), JobIndexes.Of(right));

        one.Count.ShouldBe(left.Distinct().Count());
        Enumerable.Range(0, 42).Where(one.Contains).ShouldBe(left.Distinct().Order());
        Enumerable.Range(0, 42).Where(one.Union(other).Contains).ShouldBe(left.Union(right).Order());
        one.CountShared(other).ShouldBe(left.Intersect(right).Count());
        one.Missing(completions).ShouldBe(Enumerable.Range(0, completions).Except(left));
    });

    [Fact]
    public void Text_OfAnySet_IsValidAndReadAgain() => Sets.Sample(indexes =>
    {
        var text = JobIndexes.Of(indexes).ToString();

        JobIndexes.FaultOf(text, 41, out var total).ShouldBeNull();
        total.ShouldBe(indexes.Distinct().Count());
        JobIndexes.Parse(text, 41).ToString().ShouldBe(text);
        JobIndexes.Parse(text, 10).ToString().ShouldBe(JobIndexes.Of(indexes.Where(index => index < 10)).ToString());
    });

    [Theory]
    [InlineData("1,3-5,7", 10, "1,3-5,7")]
    [InlineData("1,2,4,5,6", 10, "1,2,4-6")]
    [InlineData("1-3", 3, "1,2")]
    [InlineData("x,2,4-y,9-7", 10, "2")]
    [InlineData("", 10, "")]
    public void Text_Stored_IsReadAsFarAsItIsLegible(string text, int completions, string read) => JobIndexes.Parse(text, completions).ToString().ShouldBe(read);
}
