using OrleansOrchestrator.Node.Linux;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>The program <c>nft</c> (nftables 1.0.1 or later), which applies a text of commands as one transaction, or not at all.</summary>
internal static class NftProgram
{
    private const string Program = "nft";

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
    public static async Task<string?> FindMissingAsync(CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
            return "it takes root";
        var result = await new MachineCommand(Program, "list", "tables") { Timeout = Timeout }.RunAsync(cancellationToken);
        return result.IsSuccess ? null : $"nft does not work: {result.Error}";
    }
}
