using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Network;

/// <summary>The chains that the plugin <c>portmap</c> shares among all networks of a machine, and leaves behind.</summary>
internal static class HostPortChains
{
    private const string Prefix = "CNI-HOSTPORT-";

    // A chain for each sandbox with host ports.
    private const string InUse = "CNI-DN-";

    /// <summary>Removes them if no sandbox of any network uses them.</summary>
    /// <param name="program"><c>iptables</c> or <c>ip6tables</c>.</param>
    /// <param name="run">Runs a program.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task RemoveUnusedAsync(
        string program, Func<MachineCommand, CancellationToken, Task<CommandOutcome>> run, CancellationToken cancellationToken)
    {
        var rules = (await run(new MachineCommand($"{program}-save", "-t", "nat"), cancellationToken)).Output.Split('\n');
        var chains = rules.Where(rule => rule.StartsWith($":{Prefix}", StringComparison.Ordinal)).Select(rule => rule[1..rule.IndexOf(' ', StringComparison.Ordinal)]).ToList();
        if (chains.Count == 0 || rules.Any(rule => rule.StartsWith($":{InUse}", StringComparison.Ordinal)))
            return;
        var jumps = rules.Where(rule => rule.StartsWith("-A ", StringComparison.Ordinal) && !rule.StartsWith($"-A {Prefix}", StringComparison.Ordinal) && rule.Contains($"-j {Prefix}", StringComparison.Ordinal));
        string[] lines = ["*nat", .. jumps.Select(rule => $"-D{rule[2..]}"), .. chains.Select(chain => $"-F {chain}"), .. chains.Select(chain => $"-X {chain}"), "COMMIT", ""];
        await run(new MachineCommand($"{program}-restore", "-w", "5", "--noflush") { Input = string.Join('\n', lines) }, cancellationToken);
    }
}
