using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Network.Cni;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Runtime.Docker;

namespace OrleansOrchestrator.Node.Network;

/// <summary>Attaches sandboxes to the node's network by its plugins, and detaches them again whatever dies in between.</summary>
/// <remarks>
/// A sandbox is recorded before anything of it exists in the network, with the network as it is then, and forgotten when its plugins have
/// deleted it. So each sandbox that is gone and still recorded is detached later: at the start of the daemon, and now and then.
/// </remarks>
/// <param name="current">The network of new sandboxes; throws <see cref="CniException"/> while there is none. Null if they get none here.</param>
/// <param name="isServed">Whether a sandbox still has the network to which it was attached; others count as ended.</param>
/// <param name="client">Runs plugins.</param>
/// <param name="folder">The daemon's folder for its network.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where it logs.</param>
internal sealed partial class SandboxNetwork(
    Func<CniNetwork>? current, Func<SandboxRecord, bool> isServed, CniClient client, string folder, TimeProvider time, ILogger logger) : ISandboxNetwork
{
    private static readonly TimeSpan SweepPeriod = TimeSpan.FromMinutes(5);

    private readonly SandboxRecords _records = new(Path.Combine(folder, "sandboxes"));
    private readonly ConcurrentDictionary<string, bool> _attaching = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public bool IsUsed => current is not null;

    /// <summary>Whether any sandbox is attached, or was and could not be detached.</summary>
    public bool IsEmpty => _records.All.Count == 0;

    /// <inheritdoc/>
    public IReadOnlyList<string> AddressesOf(string sandboxId) =>
        _records.Find(sandboxId) is { } record && isServed(record) ? record.Addresses : [];

    /// <inheritdoc/>
    public void Require() => CurrentNetwork();

    /// <inheritdoc/>
    public async Task AttachAsync(string sandboxId, SandboxSpec spec, string networkPath, CancellationToken cancellationToken)
    {
        _attaching[sandboxId] = true;
        try
        {
            var record = new SandboxRecord(spec.PodUid, new CniAttachment(sandboxId, networkPath, ArgumentsOf(sandboxId, spec), spec.HostPorts), CurrentNetwork(), null);
            _records.Keep(record);
            await AddAsync(record, cancellationToken);
        }
        catch (IOException full)
        {
            throw new RuntimeException(RuntimeException.CreateSandbox, full.Message, full);
        }
        finally
        {
            _attaching.TryRemove(sandboxId, out _);
        }
    }

    /// <inheritdoc/>
    public ISandboxDetachment Hold(string podUid) =>
        new Detachment(this, [.. _records.All.Where(record => record.PodUid == podUid).Select(record => (record, Enter(record)))]);

    /// <summary>Detaches what is gone, until it is cancelled.</summary>
    /// <param name="listLive">The ids of the sandboxes that hold their namespaces.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task RunAsync(Func<CancellationToken, Task<IReadOnlySet<string>>> listLive, CancellationToken cancellationToken)
    {
        var isFirst = true;
        return SupervisedLoop.RunAsync("sandboxes of the network", StepAsync, time, logger, cancellationToken);

        async Task<TimeSpan?> StepAsync(CancellationToken token)
        {
            var live = await SweepAsync(listLive, token);
            if (isFirst)
                await CheckAsync(live, token);
            isFirst = false;
            return SweepPeriod;
        }
    }

    /// <summary>Detaches all sandboxes that are gone.</summary>
    /// <param name="listLive">The ids of those that hold their namespaces.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>What was listed.</returns>
    public async Task<IReadOnlySet<string>> SweepAsync(Func<CancellationToken, Task<IReadOnlySet<string>>> listLive, CancellationToken cancellationToken)
    {
        // What is attached after this look may not be listed yet.
        var before = _records.All.Where(record => !_attaching.ContainsKey(record.Attachment.SandboxId)).ToList();
        var live = await listLive(cancellationToken);
        foreach (var record in before.Where(record => !live.Contains(record.Attachment.SandboxId)))
        {
            LogLeft(record.Attachment.SandboxId);
            await DetachAsync(record, "", cancellationToken);
        }

        if (IsUsed)
            ReservedAddresses.Release(BridgeNetwork.AddressFolder(folder), id => live.Contains(id) || _records.Find(id) is not null);
        else if (IsEmpty && Directory.Exists(folder) && !File.Exists(KnownRanges.FileIn(folder)))
            Directory.Delete(folder, recursive: true);
        return live;
    }

    /// <summary>Tells which sandboxes of an earlier daemon are no longer attached as they were, as after a reload of the firewall.</summary>
    private async Task CheckAsync(IReadOnlySet<string> live, CancellationToken cancellationToken)
    {
        foreach (var record in _records.All.Where(record => record.Outcome is not null && live.Contains(record.Attachment.SandboxId)))
        {
            try
            {
                await client.CheckAsync(record.Network, record.Attachment, record.Outcome!, cancellationToken);
            }
            catch (CniException fault)
            {
                LogChanged(record.Attachment.Arguments, fault.Message);
            }
        }
    }

    private async Task AddAsync(SandboxRecord record, CancellationToken cancellationToken)
    {
        // Its process may end meanwhile, and another one get its id.
        using var entered = Enter(record);
        try
        {
            var done = record with { Outcome = await client.AddAsync(record.Network, record.Attachment, cancellationToken) };
            if (done.Addresses.Count == 0)
                throw new CniException($"the plugins of network \"{record.Network.Name}\" gave it no address");
            _records.Keep(done);
        }
        catch (Exception failure) when (failure is CniException or IOException or OperationCanceledException)
        {
            await DetachAsync(record, entered?.Path ?? "", CancellationToken.None);
            if (failure is OperationCanceledException)
                throw;
            throw new RuntimeException(
                RuntimeException.CreateSandbox, $"failed to setup network for sandbox \"{record.Attachment.SandboxId}\": {failure.Message}", failure);
        }
    }

    /// <summary>The namespace of a sandbox; null if it is gone.</summary>
    private static NetworkNamespace? Enter(SandboxRecord record) =>
        record.Attachment.NetworkPath.Split('/') is ["", "proc", var process, ..] && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? ContainerProcess.NetworkOf(id, record.Attachment.SandboxId)
            : null;

    /// <summary>Takes a sandbox from its network. Its pod does not wait for a plugin that refuses.</summary>
    private async Task DetachAsync(SandboxRecord record, string networkPath, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(record.Network, record.Attachment with { NetworkPath = networkPath }, record.Outcome, cancellationToken);
            _records.Remove(record.Attachment.SandboxId);
        }
        catch (Exception refused) when (refused is CniException or IOException)
        {
            LogRefused(record.Attachment.SandboxId, refused.Message);
        }
    }

    private CniNetwork CurrentNetwork()
    {
        try
        {
            return current is null ? throw new CniException("the engine gives the network") : current();
        }
        catch (CniException missing)
        {
            throw new RuntimeException(RuntimeException.CreateSandbox, $"network is not ready: {missing.Message}", missing);
        }
    }

    private static string ArgumentsOf(string sandboxId, SandboxSpec spec) =>
        $"IgnoreUnknown=1;K8S_POD_NAMESPACE={spec.PodNamespace};K8S_POD_NAME={spec.PodName};K8S_POD_INFRA_CONTAINER_ID={sandboxId};K8S_POD_UID={spec.PodUid}";

    private sealed class Detachment(SandboxNetwork network, IReadOnlyList<(SandboxRecord Record, NetworkNamespace? Namespace)> sandboxes) : ISandboxDetachment
    {
        public async Task DetachAsync(CancellationToken cancellationToken)
        {
            foreach (var (record, entered) in sandboxes)
                await network.DetachAsync(record, entered?.Path ?? "", cancellationToken);
        }

        public void Dispose()
        {
            foreach (var (_, entered) in sandboxes)
                entered?.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Sandbox {Sandbox} is gone and still has an address; it is given back")]
    private partial void LogLeft(string sandbox);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Sandbox {Sandbox} could not be taken from its network ({Reason}); it is tried again")]
    private partial void LogRefused(string sandbox, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A sandbox is not attached to its network as it was ({Arguments}): {Reason}")]
    private partial void LogChanged(string arguments, string reason);
}
