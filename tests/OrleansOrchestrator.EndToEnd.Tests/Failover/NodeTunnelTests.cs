using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.EndToEnd.Tests.Fencing;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Failover;

/// <summary>A node that can only dial out: its machine takes no connection from anybody.</summary>
public sealed class NodeTunnelTests : EndToEndTest
{
    private MachineNetwork _network = null!;
    private string _database = "";
    private Scratch _scratch = null!;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        var missing = PostgreSqlServer.Missing ?? await MachineNetwork.FindMissingAsync()
            ?? (ProgramSearch.Find("iptables") is null ? "iptables is not in PATH" : null);
        Assert.SkipWhen(missing is not null, missing ?? "");
    }

    [Fact]
    public async Task Node_ThatNobodyCanCall_IsReachedThroughAnySilo()
    {
        _scratch = NewScratch();

        // The pod outlives its daemon.
        AtEnd(() => Leftovers.RemoveAsync(_scratch.Folder));
        var server = Own(await PostgreSqlServer.StartAsync(Cancelled));
        _database = await server.CreateDatabaseAsync("cluster", Cancelled);
        _network = Own(await MachineNetwork.CreateAsync(UniqueName["e2e-".Length..]));
        var silos = new List<Member> { await StartSiloAsync(0), await StartSiloAsync(1) };
        var machine = await CloseAsync(await _network.AddAsync());
        var daemon = Own(Member.LaunchBy(
            machine.Entry, new Dictionary<string, string>(), _scratch.At("node"), "node", "--kubeconfig", silos[0].KubeConfig, "--name", UniqueName, "--runtime", "process", "--tunnel"));
        OnFailure(() => Task.FromResult(daemon.Describe()));

        var kubectl = KubectlOf(silos[0]);
        await kubectl.RunWithInputAsync(SessionTests.Pod, "apply", "-f", "-");
        await kubectl.RunAsync("wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
        await Eventually.PassesAsync(async () => (await kubectl.RunAsync("logs", "web", "-c", "side")).Output.ShouldBe("begun\n"));
        await SessionTests.SessionsWorkAsync(kubectl);

        // The other silo calls the node over the tunnel that ends at the first one.
        await ExecWorksAsync(KubectlOf(silos[1]));
        (await KubectlOf(silos[1]).RunAsync("logs", "web", "-c", "side")).Output.ShouldBe("begun\n");

        // The daemon opens its tunnel to the other one when the first is lost, and many streams fit in it.
        await silos[0].KillAsync();
        await Eventually.PassesAsync(() => ExecWorksAsync(KubectlOf(silos[1])));
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => KubectlOf(silos[1]).RunAsync("exec", "web", "--", "sh", "-c", $"sleep 1; echo {i}")));
        results.Select(result => result.Output.Trim()).ShouldBe(Enumerable.Range(0, 12).Select(i => $"{i}"));
    }

    private static async Task ExecWorksAsync(Kubectl kubectl)
    {
        var result = await kubectl.TryAsync("exec", "web", "--", "sh", "-c", "echo through; exit 5");
        (result.ExitCode, result.Output).ShouldBe((5, "through\n"), result.ToString());
    }

    private Kubectl KubectlOf(Member silo) => new(silo.KubeConfig, _scratch.At("home"));

    private Task<Member> StartSiloAsync(int number) => StartMemberAsync(
        _scratch.At($"silo{number}"), "silo", "--postgres", _database, "--port", $"{FreePorts.Next()}", "--silo-port", "0",
        "--advertise", _network.HostAddress, "--cluster", "tunnel");

    /// <summary>Lets a machine dial out and take nothing.</summary>
    private static async Task<Machine> CloseAsync(Machine machine)
    {
        string[][] rules = [["-P", "INPUT", "DROP"], ["-A", "INPUT", "-i", "lo", "-j", "ACCEPT"], ["-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT"]];
        foreach (var rule in rules)
        {
            await using var command = RunningCommand.Start(machine.Entry[0], [.. machine.Entry.Skip(1), "iptables", .. rule]);
            var result = await command.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.SkipWhen(result.ExitCode != 0, $"iptables cannot close a machine here: {result}");
        }

        return machine;
    }
}
