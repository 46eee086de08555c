using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// Lets connections that we have translated pass a container engine's filter. Docker drops what is forwarded to its bridges and that it
/// did not publish itself; for rules of others it has the chain <c>DOCKER-USER</c>. No rule of our own table can overrule a drop elsewhere.
/// </summary>
/// <remarks>The rule is written with <c>iptables</c>, because that program and the engine cannot read a chain that nft has written to.</remarks>
/// <param name="table">The name of our table, which marks the rule.</param>
internal sealed class ForwardAcceptance(string table)
{
    private const string Program = "iptables";

    // It waits for whoever has the lock of the tables.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    private string[] Rule => ["DOCKER-USER", "-m", "mark", "--mark", $"{TableText.Hex(TableText.OursMark)}/{TableText.Hex(TableText.OursMark)}", "-m", "comment", "--comment", table, "-j", "ACCEPT"];

    /// <summary>Adds the rule where there is an engine's chain and it is missing.</summary>
    /// <returns>Why it could not be added; null if it is there, or not needed.</returns>
    public async Task<string?> EnsureAsync(CancellationToken cancellationToken)
    {
        if (!await SucceedsAsync(["-n", "-L", "DOCKER-USER"], cancellationToken) || await SucceedsAsync(["-C", .. Rule], cancellationToken))
            return null;
        var result = await RunAsync(["-I", .. Rule], cancellationToken);
        return result.IsSuccess ? null : result.Error;
    }

    /// <summary>Removes the rule, if it is there.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken) => await RunAsync(["-D", .. Rule], cancellationToken);

    private static async Task<bool> SucceedsAsync(string[] arguments, CancellationToken cancellationToken) =>
        (await RunAsync(arguments, cancellationToken)).IsSuccess;

    private static Task<CommandOutcome> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        new MachineCommand(Program, ["-w", "10", .. arguments]) { Timeout = Timeout }.RunAsync(cancellationToken);
}
