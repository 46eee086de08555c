using System.Globalization;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Handlers;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Runs one probe once against a container.</summary>
internal sealed class ProbeAction(IContainerRuntime runtime)
{
    private const string Agent = "kube-probe/1.33";

    public async Task<ProbeResult> RunAsync(
        V1Probe probe, V1Container container, string containerId, string address, CancellationToken cancellationToken)
    {
        var limit = Waits.Clamp(Waits.Seconds(Math.Max(1, probe.TimeoutSeconds ?? 1)));
        try
        {
            return probe switch
            {
                { Exec: { } exec } => await ExecAsync(containerId, exec, limit, cancellationToken),
                { HttpGet: { } get } => await GetAsync(get, container, address, limit, cancellationToken),
                { TcpSocket: { } tcp } => await ConnectAsync(tcp, container, address, limit, cancellationToken),
                { Grpc: { } grpc } => await CheckAsync(grpc, address, limit, cancellationToken),
                _ => new ProbeResult(ProbeOutcome.Unknown, $"missing probe handler for {container.Name}"),
            };
        }
        catch (Exception exception) when (exception is RuntimeException or ConfigurationException or UriFormatException && !cancellationToken.IsCancellationRequested)
        {
            // That the command was not run, or that there is no such port, says nothing of the program.
            return new ProbeResult(ProbeOutcome.Unknown, exception.Message);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Of(exception.Message);
        }
    }

    // The runtime limits the command's time, and knows its own share of it.
    private async Task<ProbeResult> ExecAsync(string containerId, V1ExecAction exec, TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await runtime.ExecAsync(containerId, [.. exec.Command], limit, cancellationToken);
        if (result.TimedOut)
            return ProbeResult.Of($"command timed out: \"{string.Join(' ', exec.Command)}\" timed out after {Seconds(limit)}s");
        return ProbeResult.Of(result.ExitCode == 0 ? null : result.Output);
    }

    private static async Task<ProbeResult> GetAsync(
        V1HTTPGetAction get, V1Container container, string address, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (status, body) = await HttpCall.SendAsync(get, Agent, container, address, limit, cancellationToken);
        return (int)status switch
        {
            >= 200 and < 300 => ProbeResult.Of(null),
            >= 300 and < 400 => new ProbeResult(ProbeOutcome.Warning, $"Probe terminated redirects, Response body: {body}"),
            var code => ProbeResult.Of($"HTTP probe failed with statuscode: {code}"),
        };
    }

    private static async Task<ProbeResult> ConnectAsync(
        V1TCPSocketAction tcp, V1Container container, string address, TimeSpan limit, CancellationToken cancellationToken)
    {
        var (host, port) = (string.IsNullOrEmpty(tcp.Host) ? address : tcp.Host, ContainerPort.Resolve(tcp.Port, container));
        using var client = new TcpClient();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelWithin(limit);
        try
        {
            await client.ConnectAsync(host, port, timeout.Token);
            return ProbeResult.Of(null);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Of(DialFailure.TextOf(exception as SocketException, host, port));
        }
    }

    private static async Task<ProbeResult> CheckAsync(V1GRPCAction grpc, string address, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelWithin(limit);
        try
        {
            return ProbeResult.Of(await HealthCall.CheckAsync(grpc, Agent, address, timeout.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ProbeResult.Of($"timeout: health rpc did not complete within {Seconds(limit)}s");
        }
    }

    private static string Seconds(TimeSpan limit) => limit.TotalSeconds.ToString(CultureInfo.InvariantCulture);
}
