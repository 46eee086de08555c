using System.Diagnostics;
using CsCheck;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Selectors;

public sealed class SelectorIndexTests(ITestOutputHelper output)
{
    private static readonly Gen<(int Owner, LabelSelector? Selector)> Change = Gen.Select(
        Gen.Int[0, 15], Gen.Frequency((3, SelectorGen.Selector.Select(selector => (LabelSelector?)selector)), (1, Gen.Const((LabelSelector?)null))));

    [Fact]
    public void Match_AnyHistory_FindsWhatTestingEachFinds() =>
        Gen.Select(Change.Array[0, 60], SelectorGen.Labels.Array[1, 8]).Sample((changes, labelSets) =>
        {
            var index = new SelectorIndex<int>();
            var oracle = new Dictionary<int, LabelSelector>();
            foreach (var (owner, selector) in changes)
            {
                if (selector is null)
                {
                    index.Remove(owner).ShouldBe(oracle.Remove(owner));
                    continue;
                }

                index.Add(owner, selector);
                oracle[owner] = selector;
            }

            index.Count.ShouldBe(oracle.Count);
            foreach (var labels in labelSets)
            {
                var found = new List<int>();
                index.Match(LabelSet.From(labels), found);
                found.Order().ShouldBe(oracle.Where(pair => pair.Value.Matches(labels)).Select(pair => pair.Key).Order());
            }
        });

    [Fact]
    public void ToString_AnySelector_ParsesBackToAnEqualOne() =>
        SelectorGen.Selector.Where(selector => !selector.IsNothing).Sample(selector =>
        {
            LabelSelector.Parse(selector.ToString()).ShouldBe(selector);
            LabelSelector.Parse(selector.ToString()).GetHashCode().ShouldBe(selector.GetHashCode());
        });

    [Fact]
    public void Match_TenThousandSelectors_TestsOnlyTheShelvesOfTheLabels()
    {
        var index = new SelectorIndex<string>();
        for (var i = 0; i < 10_000; i++)
            index.Add($"service-{i}", LabelSelector.Parse($"app=app-{i},tier=front"));
        var labels = LabelSet.From([new("app", "app-4711"), new("tier", "front"), new("pod-template-hash", "abc")]);
        var found = new List<string>();
        index.Match(labels, found);
        found.ShouldBe(["service-4711"]);

        const int rounds = 10_000;
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds; i++)
        {
            found.Clear();
            index.Match(labels, found);
        }

        output.WriteLine($"one look-up among 10,000 selectors: {Stopwatch.GetElapsedTime(started).TotalNanoseconds / rounds:F0} ns");
    }
}
