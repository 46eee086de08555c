using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Restarts;

/// <summary>The daemon is not what its pods live by. <c>GuardFaultTests</c> has the same for pods that are processes.</summary>
[Collection(typeof(PodsCollection))]
public sealed class NodeRestartTests : EndToEndTest
{
    /// <summary>The daemon's command line names the node: it must not look like what belongs to the test's namespace.</summary>
    private string NodeName => "node-" + UniqueName["e2e-".Length..];

    [Fact]
    public async Task Daemon_KilledAndStartedAgain_KeepsItsPodsRunning()
    {
        var missing = await DockerEngine.FindMissingAsync();
        Assert.SkipWhen(missing is not null, missing ?? "");
        var scratch = NewScratch();
        await DockerEngine.ImportImageAsync();

        // On a busy machine a daemon may take longer to start than pods may run without one.
        var patient = scratch.Write("fencing.yaml", "fencing:\n  leaseDuration: 00:01:00\n  fencingTime: 00:00:50\n");
        var cluster = await StartDevAsync("hollow", "--config", patient);
        var first = await StartNodeAsync(cluster, scratch.At("node"), NodeName, "docker", "--config", patient);
        var hello = await StartHelloOnAsync(cluster, NodeName, DockerEngine.Image);
        var before = await DescribePodsAsync(hello);

        await first.KillAsync();
        before.ShouldAllBe(pod => HostProcesses.StartOf(pod.Process) == pod.Start, "pods outlive their daemon");
        await StartNodeAsync(cluster, scratch.At("node"), NodeName, "docker", "--config", patient);

        // A change that only a living daemon can bring about shows that it has taken over.
        await cluster.Kubectl.RunAsync("scale", "rc", "hello", "--replicas", "4", "-n", UniqueName);
        await hello.WaitForReadyPodsAsync(4);
        (await DescribePodsAsync(hello)).Where(pod => before.Any(old => old.Name == pod.Name)).ShouldBe(before);

        await cluster.Kubectl.RunAsync("delete", "namespace", UniqueName, "--timeout=60s");
        await Eventually.PassesAsync(async () => (await Leftovers.FindAsync(UniqueName)).ShouldBeEmpty());
    }

    /// <summary>Runs the sample where only one node takes it.</summary>
    private async Task<HelloSample> StartHelloOnAsync(DevCluster cluster, string node, string image)
    {
        foreach (var other in (await cluster.Kubectl.RunAsync("get", "nodes", "-o", "name")).Lines.Where(name => name != $"node/{node}"))
            await cluster.Kubectl.RunAsync("cordon", other);
        var hello = new HelloSample(cluster, UniqueName);
        await hello.ApplyAsync(image);
        await hello.WaitForReadyPodsAsync(3);
        return hello;
    }

    private static async Task<IReadOnlyList<RunningPod>> DescribePodsAsync(HelloSample hello) =>
    [
        .. (await hello.PodsAsync()).OrderBy(HelloSample.NameOf, StringComparer.Ordinal).Select(pod =>
        {
            var process = HelloSample.ProcessOf(HelloSample.NameOf(pod));
            var container = HelloSample.ContainerOf(pod);
            return new RunningPod(
                HelloSample.NameOf(pod), process, HostProcesses.StartOf(process), (string)container["containerID"]!, (int)container["restartCount"]!);
        }),
    ];

    private sealed record RunningPod(string Name, int Process, string? Start, string ContainerId, int Restarts);
}
