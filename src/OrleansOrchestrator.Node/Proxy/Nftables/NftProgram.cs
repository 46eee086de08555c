using System.Net;
using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>The program <c>nft</c> (nftables 1.0.1 or later), which applies a text of commands as one transaction, or not at all.</summary>
internal static class NftProgram
{
    private const string Program = "nft";

    // A service whose chain nft refuses would hold up all others.
    private static readonly TableSettings Sample = new("orchestrator-probe", [], [new IPNetwork(new IPAddress([10, 0, 0, 0]), 8)]);
    private static readonly EndpointChain[] SampleChains =
    [
        .. from mask in Enum.GetValues<SourceMask>()
           from affinity in new[] { 0, 60 }
           from isNodePort in new[] { false, true }
           from isOutside in new[] { false, true }
           select new EndpointChain(2, mask, affinity, isNodePort, isOutside),
    ];

    // A whole table with 100,000 endpoints takes seconds on a slow machine.
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(1);

    /// <summary>Applies a transaction.</summary>
    /// <returns>Why nothing of it was applied; null if all was.</returns>
    public static async Task<string?> ApplyAsync(Action<TextWriter> write, CancellationToken cancellationToken)
    {
        using var text = new StringWriter();
        write(text);
        var result = await new MachineCommand(Program, "-f", "-") { Input = text.ToString(), Timeout = Timeout }.RunAsync(cancellationToken);
        return result.IsSuccess ? null : result.Error;
    }

    /// <summary>Asks something.</summary>
    /// <returns>The answer; null if there is none.</returns>
    public static async Task<string?> AskAsync(IReadOnlyList<string> question, CancellationToken cancellationToken)
    {
        var result = await new MachineCommand(Program, question) { Timeout = Timeout }.RunAsync(cancellationToken);
        return result.IsSuccess ? result.Output : null;
    }

    /// <summary>Why services cannot be served by the kernel of this machine; null if they can.</summary>
    public static Task<string?> FindMissingAsync(CancellationToken cancellationToken) => FindMissingAsync(Program, cancellationToken);

    /// <summary>Why services cannot be served by the kernel of this machine with this program; null if they can.</summary>
    internal static async Task<string?> FindMissingAsync(string program, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "it takes root";
        var result = await new MachineCommand(program, "list", "tables") { Timeout = Timeout }.RunAsync(cancellationToken);
        if (!result.IsSuccess)
            return $"nft does not work: {result.Error}";

        // Older programs and kernels know only a part of what the table needs. Nothing of a checked text is kept.
        using var text = new StringWriter();
        TableText.WriteDeclaration(text, Sample);
        TableText.WriteChains(text, Sample, SampleChains);
        result = await new MachineCommand(program, "-c", "-f", "-") { Input = text.ToString(), Timeout = Timeout }.RunAsync(cancellationToken);
        return result.IsSuccess ? null : $"nft, or the kernel, is too old for the table: {result.Error}";
    }
}
