using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Restarts;

/// <summary>What a node daemon says of itself, at the level that is logged by default.</summary>
public sealed class NodeReadinessTests : EndToEndTest
{
    // Nobody listens there.
    private const string Config = """{"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}],"current-context":"c"}""";

    [Fact]
    public async Task Node_WithoutControlPlane_SaysWhatItWaitsFor()
    {
        var node = Own(Member.Launch(
            NewScratch().At("data"), "node", "--kubeconfig", NewScratch().Write("config", Config), "--name", "worker", "--runtime", "hollow"));

        await Eventually.PassesAsync(() =>
        {
            node.Describe().ShouldContain("Still waiting: node worker is not ready");
            return Task.CompletedTask;
        });

        node.Describe().ShouldNotContain("ready: node");
        node.Describe().ShouldNotContain("   at ");
        await node.StopAsync();
    }

    [Fact]
    public async Task Node_StoppedWithItsMachineBeforeItIsReady_EndsItsPodsAllTheSame()
    {
        var scratch = NewScratch();
        File.SetUnixFileMode(scratch.Write("systemctl", "#!/bin/sh\necho stopping\n"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var node = Own(Member.LaunchBy(
            ["env", $"PATH={scratch.Folder}:{Environment.GetEnvironmentVariable("PATH")}"], new Dictionary<string, string>(), scratch.At("data"),
            "node", "--kubeconfig", scratch.Write("config", Config), "--name", "worker", "--runtime", "hollow", "--log-level", "information"));
        await Eventually.HoldsAsync(() => node.Describe().Contains("Node worker runs pods with hollow", StringComparison.Ordinal), "it has started");

        await node.StopAsync();

        node.Describe().ShouldContain("The machine of node worker goes down");
    }
}
