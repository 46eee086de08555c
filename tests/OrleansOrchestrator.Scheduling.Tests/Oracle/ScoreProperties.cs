using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Plugins;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Oracle;

public sealed class ScoreProperties
{
    private static readonly Gen<(int Cpu, int Memory, int UsedCpu, int UsedMemory)[]> Columns =
        Gen.Select(Gen.Int[0, 9000], Gen.Int[0, 9000], Gen.Int[0, 9000], Gen.Int[0, 9000]).Array[1, 30];

    [Theory]
    [InlineData("NodeResourcesFit", "{}")]
    [InlineData("NodeResourcesFit", "{scoringStrategy: {type: MostAllocated}}")]
    [InlineData("NodeResourcesFit", "{scoringStrategy: {resources: [{name: cpu, weight: 3}, {name: memory, weight: 1}]}}")]
    [InlineData("NodeResourcesFit", "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 100, score: 10}]}}}")]
    [InlineData("NodeResourcesBalancedAllocation", "{}")]
    [InlineData("NodeResourcesBalancedAllocation", "{resources: [{name: cpu}, {name: memory}, {name: ephemeral-storage}]}")]
    public void Score_OfAllRows_EqualsThatOfEachRow(string plugin, string arguments) => Columns.Sample(columns =>
    {
        var nodes = Cluster(columns).Cache.Nodes;
        var shape = Probe(100).Info().Shape;
        var score = Create(plugin, arguments);
        var sums = new int[nodes.RowLimit];
        score.AddAll(shape, nodes, [.. Enumerable.Repeat(true, sums.Length)], sums, weight: 3);
        for (var row = 0; row < sums.Length; row++)
            sums[row].ShouldBe(3 * score.Score(shape, nodes, row));
    });

    [Theory]
    [InlineData("LeastAllocated")]
    [InlineData("MostAllocated")]
    public void Score_ByTheWeightsThatItHasByDefault_IsThatOfTheVectors(string type) => Columns.Sample(columns =>
    {
        var nodes = Cluster(columns).Cache.Nodes;
        var shape = Probe(100).Info().Shape;
        var plain = Create("NodeResourcesFit", $"{{scoringStrategy: {{type: {type}}}}}");
        var weighed = Create("NodeResourcesFit", $"{{scoringStrategy: {{type: {type}, resources: [{{name: cpu, weight: 2}}, {{name: memory, weight: 2}}]}}}}");
        for (var row = 0; row < nodes.RowLimit; row++)
            weighed.Score(shape, nodes, row).ShouldBe(plain.Score(shape, nodes, row));
    });

    [Fact]
    public void NodeResourcesFit_LeastAllocated_EqualsIntegerArithmetic() =>
        Gen.Select(Gen.Int[1, 9000], Gen.Int[0, 9000], Gen.Int[1, 3000]).Sample(sample =>
        {
            var (allocatable, used, request) = sample;
            var harness = Cluster([(allocatable, allocatable, used, used)]);
            var score = Create("NodeResourcesFit", "{}").Score(Probe(request).Info().Shape, harness.Cache.Nodes, 0);
            var requested = used + request;
            score.ShouldBe(requested > allocatable ? 0 : (allocatable - requested) * 100 / allocatable);
        });

    private static INodeScore Create(string plugin, string arguments) => (INodeScore)SinglePlugin.Create(plugin, new SchedulerCache(BuiltInPlugins.Registry.Inputs), arguments);

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
