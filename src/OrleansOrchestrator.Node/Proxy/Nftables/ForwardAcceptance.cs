using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// Lets connections that we have translated pass a container engine's filter. Docker drops what is forwarded to its bridges and that it
/// did not publish itself; for rules of others it has the chain <c>DOCKER-USER</c>. No rule of our own table can overrule a drop elsewhere.
/// </summary>
/// <remarks>The rules are written with <c>iptables</c>, because that program and the engine cannot read a chain that nft has written to.</remarks>
/// <param name="table">The name of our table, which marks the rules.</param>
internal sealed class ForwardAcceptance(string table)
{
    private const string Program = "iptables";

    // It waits for whoever has the lock of the tables.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(15);

    // Only the first packet of a connection has the mark. Those that follow it, and the answers, may go from any of the machine's
    // networks to any other, such as from a client to a pod on another node.
    private string[][] Rules =>
    [
        Rule("-m", "mark", "--mark", $"{TableText.Hex(TableText.OursMark)}/{TableText.Hex(TableText.OursMark)}"),
        Rule("-m", "conntrack", "--ctstate", "RELATED,ESTABLISHED", "-m", "conntrack", "--ctstate", "DNAT"),
    ];

    /// <summary>Adds the rules that are missing, where there is an engine's chain.</summary>
    /// <returns>Why one could not be added; null if all are there, or not needed.</returns>
    public async Task<string?> EnsureAsync(CancellationToken cancellationToken)
    {
        if (!await SucceedsAsync(["-n", "-L", "DOCKER-USER"], cancellationToken))
            return null;
        string? fault = null;
        foreach (var rule in Rules)
        {
            if (!await SucceedsAsync(["-C", .. rule], cancellationToken) && await RunAsync(["-I", .. rule], cancellationToken) is { IsSuccess: false } refused)
                fault ??= refused.Error;
        }

        return fault;
    }

    /// <summary>Removes the rules that are there.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        foreach (var rule in Rules)
            await RunAsync(["-D", .. rule], cancellationToken);
    }

    private string[] Rule(params string[] conditions) => ["DOCKER-USER", .. conditions, "-m", "comment", "--comment", table, "-j", "ACCEPT"];

    private static async Task<bool> SucceedsAsync(string[] arguments, CancellationToken cancellationToken) =>
        (await RunAsync(arguments, cancellationToken)).IsSuccess;

    private static Task<CommandOutcome> RunAsync(string[] arguments, CancellationToken cancellationToken) =>
        new MachineCommand(Program, ["-w", "10", .. arguments]) { Timeout = Timeout }.RunAsync(cancellationToken);
}
