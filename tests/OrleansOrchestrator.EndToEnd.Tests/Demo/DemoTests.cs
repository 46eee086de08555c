using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Demo;

[Collection(typeof(PodsCollection))]
public sealed class DemoTests : EndToEndTest
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    // Clusters of other tests have the same range of service addresses on this machine.
    private static readonly string[] OfSharedAddresses = ["UserSpaceProxy: Cannot listen on", "NodeDns: The node cannot serve DNS at"];

    // What a machine that stands still for a while makes the cluster say, and what it says when that is over.
    private static readonly (string Complaint, string Over)[] OfABusyMachine =
    [
        ("CacheHealth: What this silo shows of", "CacheHealth: What this silo shows is up to date again"),
        ("LeaseAgent: The lease of node", "is renewed again"),
        ("HoldAgent:", "is renewed again"),
        ("NodeHealthReader: Nodes could not be watched for a while", "CacheHealth: What this silo shows is up to date again"),
    ];

    /// <summary>As README has it, on the runtime that this machine has. Those of <c>ReplicatedServiceTests</c> try each of them.</summary>
    [Fact]
    public async Task Demo_OnThisMachine_SucceedsAndLeavesNothing()
    {
        var scratch = NewScratch();
        await using var demo = OrchestratorProgram.Start(["dev", "--demo", "--port", "0", "--data", scratch.At("data")]);

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

    /// <summary>What stands on standard error, but for addresses that another test's cluster has, and for delays that were made up for.</summary>
    private static IEnumerable<string> ComplaintsOf(CommandResult result)
    {
        var overcome = OfABusyMachine.Where(one => result.Errors.Contains(one.Over, StringComparison.Ordinal)).SelectMany(one => new[] { one.Complaint, one.Over });
        string[] expected = [.. OfSharedAddresses, .. overcome];
        return result.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !expected.Any(line.Contains));
    }
}
