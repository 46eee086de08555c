using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Tests.Building;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

/// <summary>The scores by resources, worked out by hand from the formulas that Kubernetes documents.</summary>
public sealed class ResourceScoreTests
{
    private const string Ratio = "{scoringStrategy: {type: RequestedToCapacityRatio, requestedToCapacityRatio: {shape: [{utilization: 0, score: 0}, {utilization: 40, score: 8}, {utilization: 100, score: 2}]}, resources: [{name: cpu, weight: 1}]}}";
    private const string CpuThree = "resources: [{name: cpu, weight: 3}, {name: memory, weight: 1}]";

    [Theory]
    // (4000 - 1000) / 4000 = 75 % and (8 - 2) / 8 = 75 %.
    [InlineData("{}", "4", "8Gi", "1", "2Gi", 75)]
    // 25 % and 100 - 50 %, in whole per cent, and their mean.
    [InlineData("{}", "4", "8Gi", "3", "4Gi", 37)]
    // Thirds are cut: 66 and 33.
    [InlineData("{}", "3", "3Gi", "1", "2Gi", 49)]
    // A pod without requests counts as 100m and 200 MiB here.
    [InlineData("{}", "1", "1000Mi", null, null, 85)]
    // More than there is scores nothing.
    [InlineData("{}", "1", "4Gi", "2", "1Gi", 37)]
    [InlineData("{scoringStrategy: {" + CpuThree + "}}", "4", "8Gi", "1", "6Gi", 62)]
    [InlineData("{scoringStrategy: {type: MostAllocated}}", "4", "8Gi", "1", "4Gi", 37)]
    [InlineData("{scoringStrategy: {type: MostAllocated}}", "1", "4Gi", "2", "1Gi", 62)]
    [InlineData("{scoringStrategy: {type: MostAllocated, " + CpuThree + "}}", "4", "8Gi", "1", "6Gi", 37)]
    // Between the points the line is straight: 20 % is half of the way to 80.
    [InlineData(Ratio, "10", "8Gi", "2", "1Gi", 40)]
    [InlineData(Ratio, "10", "8Gi", "4", "1Gi", 80)]
    // 70 % is half of the way from 80 to 20.
    [InlineData(Ratio, "10", "8Gi", "7", "1Gi", 50)]
    // More than there is counts as all of it.
    [InlineData(Ratio, "10", "8Gi", "20", "1Gi", 20)]
    public void NodeResourcesFit_Scores(string arguments, string cpu, string memory, string? podCpu, string? podMemory, int score) =>
        Score("NodeResourcesFit", arguments, cpu, memory, podCpu, podMemory).ShouldBe(score);

    [Theory]
    // Used alike.
    [InlineData("{}", "4", "8Gi", "1", "2Gi", 100)]
    // 25 % and 75 %: half of the difference is 25 %.
    [InlineData("{}", "4", "8Gi", "1", "6Gi", 75)]
    // More than there is counts as all of it: 100 % and 50 %.
    [InlineData("{}", "1", "8Gi", "3", "4Gi", 75)]
    // One resource alone is balanced.
    [InlineData("{resources: [{name: cpu}]}", "4", "8Gi", "1", "6Gi", 100)]
    // Of three, 25 %, 75 % and 0 %: the standard deviation is 31.18 %.
    [InlineData("{resources: [{name: cpu}, {name: memory}, {name: ephemeral-storage}]}", "4", "8Gi", "1", "6Gi", 68)]
    public void NodeResourcesBalancedAllocation_Scores(string arguments, string cpu, string memory, string? podCpu, string? podMemory, int score) =>
        Score("NodeResourcesBalancedAllocation", arguments, cpu, memory, podCpu, podMemory).ShouldBe(score);

    [Fact]
    public void NodeResourcesFit_Requested_CountsThePodsOfTheNode()
    {
        var harness = new Harness(Nodes.Create("a", "4", "8Gi")).Running(PodObjects.Create("q", "1", "2Gi").On("a"));

        ((INodeScore)SinglePlugin.Create("NodeResourcesFit", harness.Cache)).Score(PodObjects.Create("p", "1", "2Gi").Info().Shape, harness.Cache.Nodes, 0).ShouldBe(50);
    }

    private static int Score(string plugin, string arguments, string cpu, string memory, string? podCpu, string? podMemory)
    {
        var harness = new Harness(Nodes.Create("a", cpu, memory).WithResource("ephemeral-storage", "10Gi"));
        return ((INodeScore)SinglePlugin.Create(plugin, harness.Cache, arguments)).Score(PodObjects.Create("p", podCpu, podMemory).Info().Shape, harness.Cache.Nodes, 0);
    }
}
