using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Faults;

/// <summary>A cluster that is started a second time while it runs.</summary>
public sealed class SecondStartTests(HollowCluster hollow) : HollowTest(hollow)
{
    [Fact]
    public async Task Dev_DataFolderInUse_SaysSoAndLeavesTheFirstAlone()
    {
        var result = await OrchestratorProgram.RunAsync(["dev", "--port", "0", "--runtime", "hollow", "--data", Cluster.DataFolder]);

        result.ExitCode.ShouldBe(1, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem(result.ToString()).ShouldContain(Cluster.DataFolder);
        await RunAsync("get", "nodes");
    }
}
