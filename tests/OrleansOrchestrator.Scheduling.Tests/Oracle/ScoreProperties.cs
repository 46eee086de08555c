using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

public sealed class ScoreProperties
{
    private static readonly Gen<(int Cpu, int Memory, int UsedCpu, int UsedMemory)[]> Columns =
        Gen.Select(Gen.Int[0, 9000], Gen.Int[0, 9000], Gen.Int[0, 9000], Gen.Int[0, 9000]).Array[1, 30];

    [Theory]
    [InlineData(ScoringStrategy.LeastAllocated)]
    [InlineData(ScoringStrategy.MostAllocated)]
    public void NodeResourcesFit_AllRows_EqualEachRow(ScoringStrategy strategy) => AssertSame(new NodeResourcesFit(strategy));

    [Fact]
    public void BalancedAllocation_AllRows_EqualEachRow() => AssertSame(new BalancedAllocation());

    [Fact]
    public void NodeResourcesFit_LeastAllocated_EqualsIntegerArithmetic() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[0, 9000], Gen.Int[1, 3000]).Sample(sample =>
        {
            var (allocatable, used, request) = sample;
            var harness = Cluster([(allocatable, allocatable, used, used)]);
            var score = new NodeResourcesFit(ScoringStrategy.LeastAllocated).Score(Probe(request).Info().Shape, harness.Cache.Nodes, 0);
            var requested = used + request;
            score.ShouldBe(requested > allocatable ? 0 : (allocatable - requested) * 100 / allocatable);
        });

    private static void AssertSame(INodeScore plugin) => Columns.Sample(columns =>
    {
        var nodes = Cluster(columns).Cache.Nodes;
        var shape = Probe(100).Info().Shape;
        var sums = new int[nodes.RowLimit];
        plugin.AddAll(shape, nodes, [.. Enumerable.Repeat(true, sums.Length)], sums);
        for (var row = 0; row < sums.Length; row++)
            sums[row].ShouldBe(plugin.Weight * plugin.Score(shape, nodes, row));
    });

    private static V1Pod Probe(int amount) => PodObjects.Create("probe", $"{amount}m", $"{amount}Mi");

    private static Harness Cluster((int Cpu, int Memory, int UsedCpu, int UsedMemory)[] columns)
    {
        var harness = new Harness();
        for (var i = 0; i < columns.Length; i++)
        {
            var (cpu, memory, usedCpu, usedMemory) = columns[i];
            harness.Cache.SetNode(Nodes.Create($"n{i}", $"{cpu}m", $"{memory}Mi"));
            harness.Running(PodObjects.Create($"q{i}", $"{usedCpu}m", $"{usedMemory}Mi").On($"n{i}"));
        }

        return harness;
    }
}
