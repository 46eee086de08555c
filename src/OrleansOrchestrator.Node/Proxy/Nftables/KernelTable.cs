using OrleansOrchestrator.Node.Linux;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Node.Proxy.Nftables;

/// <summary>
/// What a node has put into the kernel for its services. It stays when the daemon stops, so that services work on, and a file in the
/// node's folder names it, so that the next daemon removes it if that serves in user space.
/// </summary>
/// <param name="options">The node's options.</param>
internal sealed class KernelTable(NodeAgentOptions options)
{
    private readonly string _path = Path.Combine(options.DataDirectory, "nftables-table");

    /// <summary>Notes that the kernel has this table, and this range of service addresses as local ones, from now on. Removes the
    /// table of another cluster, in which the node was before.</summary>
    public async Task KeepAsync(string table, string range, CancellationToken cancellationToken)
    {
        var file = new StateFile(_path);
        if (file.ReadLines() is [var former, ..] && former != table)
            await RemoveAsync(cancellationToken);
        file.Write($"{table}\n{range}\n");
    }

    /// <summary>Removes everything, if there is anything.</summary>
    public async Task RemoveAsync(CancellationToken cancellationToken)
    {
        if (new StateFile(_path).ReadLines() is not [var table, var range, ..])
            return;
        var fault = await NftProgram.ApplyAsync(text => text.Write($"add table ip {table}\n{TableText.Delete(table)}"), cancellationToken);
        if (fault is not null)
            throw new InvalidOperationException($"nft cannot remove the table {table}: {fault}");
        await new ForwardAcceptance(table).RemoveAsync(cancellationToken);
        await ServiceProxyAddressing.RemoveAsync(range, ServiceProxyAddressing.MetricOf(options.Index), cancellationToken);
        File.Delete(_path);
    }
}
