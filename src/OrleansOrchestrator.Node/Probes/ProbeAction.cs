using System.Globalization;
using System.Net.Sockets;
using k8s.Models;
using OrleansOrchestrator.Loops;
using OrleansOrchestrator.Node.Runtime;

namespace OrleansOrchestrator.Node.Probes;

/// <summary>Runs one probe once against a container.</summary>
internal sealed class ProbeAction(IContainerRuntime runtime)
{
    // Like the kubelet's, probes do not verify certificates: pods use their own.
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectTimeout = TimeSpan.FromSeconds(30),
        SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <returns>Null if the probe succeeded; otherwise the failure.</returns>
    public async Task<string?> RunAsync(
        V1Probe probe, V1Container container, string containerId, string address, CancellationToken cancellationToken)
    {
        var limit = Waits.Clamp(Waits.Seconds(Math.Max(1, probe.TimeoutSeconds ?? 1)));
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelWithin(limit + TimeSpan.FromMilliseconds(probe.Exec is null ? 0 : 500));
        try
        {
            return probe switch
            {
                { Exec: { } exec } => await ExecAsync(containerId, exec, limit, timeout.Token),
                { HttpGet: { } get } => await GetAsync(get, container, address, timeout.Token),
                { TcpSocket: { } tcp } => await ConnectAsync(tcp, container, address, timeout.Token),
                _ => null,
            };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"timed out after {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)}s";
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // An invalid host or port counts as a failure of the probe.
            return exception.Message;
        }
    }

    private async Task<string?> ExecAsync(string containerId, V1ExecAction exec, TimeSpan limit, CancellationToken cancellationToken)
    {
        var result = await runtime.ExecAsync(containerId, [.. exec.Command], limit, cancellationToken);
        if (result.TimedOut)
            return "command timed out";
        return result.ExitCode == 0 ? null : result.Output;
    }

    private static async Task<string?> GetAsync(
        V1HTTPGetAction get, V1Container container, string address, CancellationToken cancellationToken)
    {
        var host = string.IsNullOrEmpty(get.Host) ? address : get.Host;
        var scheme = string.Equals(get.Scheme, "HTTPS", StringComparison.OrdinalIgnoreCase) ? "https" : "http";
        var path = string.IsNullOrEmpty(get.Path) ? "/" : get.Path.StartsWith('/') ? get.Path : "/" + get.Path;
        var uri = new Uri($"{scheme}://{Bracketed(host)}:{PortOf(get.Port, container)}{path}");
        using var request = new HttpRequestMessage(HttpMethod.Get, uri);
        request.Headers.TryAddWithoutValidation("User-Agent", "kube-probe/1.33");
        foreach (var header in get.HttpHeaders ?? [])
            request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return (int)response.StatusCode is >= 200 and < 400
            ? null
            : $"HTTP probe failed with statuscode: {(int)response.StatusCode}";
    }

    private static async Task<string?> ConnectAsync(
        V1TCPSocketAction tcp, V1Container container, string address, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(string.IsNullOrEmpty(tcp.Host) ? address : tcp.Host, PortOf(tcp.Port, container), cancellationToken);
        return null;
    }

    /// <summary>Resolves a port, which is a number or the name of a container port.</summary>
    private static int PortOf(IntOrString port, V1Container container)
    {
        if (int.TryParse(port.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return number;
        var named = container.Ports?.FirstOrDefault(p => p.Name == port.Value);
        return named?.ContainerPort
            ?? throw new IOException($"couldn't find port \"{port.Value}\" in container \"{container.Name}\"");
    }

    private static string Bracketed(string host) => host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host;
}
