using System.Globalization;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Handlers;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Runs one probe once against a container.</summary>
internal sealed class ProbeAction(IContainerRuntime runtime)
{
    private const string Agent = "kube-probe/1.33";

    // The time limit is the program's; the connection takes its own.
    private static readonly TimeSpan ConnectionTime = TimeSpan.FromMilliseconds(500);

    public async Task<ProbeResult> RunAsync(
        V1Probe probe, V1Container container, string containerId, string address, CancellationToken cancellationToken)
    {
        var limit = Waits.Clamp(Waits.Seconds(Math.Max(1, probe.TimeoutSeconds ?? 1)));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelWithin(limit + (probe.Exec is null ? TimeSpan.Zero : ConnectionTime));
        try
        {
            return ProbeResult.Of(probe switch
            {
                { Exec: { } exec } => await ExecAsync(containerId, exec, limit, timeout.Token),
                { HttpGet: { } get } => await GetAsync(get, container, address, timeout.Token),
                { TcpSocket: { } tcp } => await ConnectAsync(tcp, container, address, timeout.Token),
                { Grpc: { } grpc } => await HealthCall.CheckAsync(grpc, Agent, address, timeout.Token),
                _ => "missing probe handler",
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Of($"timed out after {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s");
        }
        catch (RuntimeException exception) when (!cancellationToken.IsCancellationRequested)
        {
            // That the engine does not run the command says nothing of the container.
            return new ProbeResult(ProbeOutcome.Unknown, exception.Message);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // An invalid host or port counts as a failure of the probe.
            return ProbeResult.Of(exception.Message);
        }
    }

    private async Task<string?> ExecAsync(string containerId, V1ExecAction exec, TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await runtime.ExecAsync(containerId, [.. exec.Command], limit, cancellationToken);
        if (result.TimedOut)
            return "command timed out";
        return result.ExitCode == 0 ? null : result.Output;
    }

    private static async Task<string?> GetAsync(V1HTTPGetAction get, V1Container container, string address, CancellationToken cancellationToken)
    {
        var status = (int)await HttpCall.SendAsync(get, Agent, container, address, cancellationToken);
        return status is >= 200 and < 400 ? null : $"HTTP probe failed with statuscode: {status}";
    }

    private static async Task<string?> ConnectAsync(
        V1TCPSocketAction tcp, V1Container container, string address, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(string.IsNullOrEmpty(tcp.Host) ? address : tcp.Host, ContainerPort.Resolve(tcp.Port, container), cancellationToken);
        return null;
    }
}
