using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Demo;

[Collection(typeof(PodsCollection))]
public sealed class DemoTests : EndToEndTest
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    // Clusters of other tests have the same range of service addresses on this machine.
    private static readonly string[] OfSharedAddresses = ["UserSpaceProxy: Cannot listen on", "NodeDns: The node cannot serve DNS at"];

    [Theory]
    [InlineData("process")]
    [InlineData("docker")]
    public async Task Demo_OnRuntime_SucceedsAndLeavesNothing(string runtime)
    {
        var missing = runtime == "docker" ? await DockerEngine.FindMissingAsync() : null;
        Assert.SkipWhen(missing is not null, missing ?? "");
        var scratch = NewScratch();
        await using var demo = OrchestratorProgram.Start(["dev", "--demo", "--port", "0", "--runtime", runtime, "--data", scratch.At("data")]);

        var result = await demo.WaitAsync(Timeout);

        Report(result.ToString());
        result.ExitCode.ShouldBe(0, result.ToString());
        ComplaintsOf(result).ShouldBeEmpty();
        result.Lines[^1].ShouldNotBeEmpty();
        (await Leftovers.FindAsync(scratch.Folder)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Demo_OnHollowRuntime_SaysThatNothingWouldAnswer()
    {
        await using var demo = OrchestratorProgram.Start(["dev", "--demo", "--port", "0", "--runtime", "hollow", "--data", NewScratch().At("data")]);

        var result = await demo.WaitAsync(Timeout);

        result.ExitCode.ShouldBe(2, result.ToString());
        result.Errors.ShouldContain("--demo needs a runtime that runs pods");
    }

    /// <summary>What stands on standard error, but for service addresses of this machine that the cluster of another test has at the moment.</summary>
    private static IEnumerable<string> ComplaintsOf(CommandResult result) =>
        result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !OfSharedAddresses.Any(line.Contains));
}
