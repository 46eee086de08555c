using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Node.Proxy;

/// <summary>
/// Answers a load balancer at a service's health check node port whether this node has endpoints of the service, in the words of
/// kube-proxy: 200 if it has, 503 if not, on any path.
/// </summary>
internal sealed class HealthCheckPort : IAsyncDisposable
{
    // Load balancers ask every few seconds.
    private const int ConnectionsMax = 128;

    private readonly WebApplication _application;
    private readonly ObjectKey _service;
    private volatile int _localEndpoints;

    private HealthCheckPort(ObjectKey service, int number, IReadOnlyList<IPAddress> addresses, ILoggerFactory loggers)
    {
        _service = service;
        Number = number;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            foreach (var address in addresses)
                kestrel.Listen(address, number);
        });
        _application = builder.Build();
        _application.Run(AnswerAsync);
    }

    /// <summary>The port.</summary>
    public int Number { get; }

    /// <summary>How many ready endpoints this node has.</summary>
    public int LocalEndpoints
    {
        get => _localEndpoints;
        set => _localEndpoints = value;
    }

    /// <summary>Opens a port.</summary>
    /// <exception cref="IOException">Another process has it.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">An address is not this machine's.</exception>
    public static async Task<HealthCheckPort> OpenAsync(
        ObjectKey service, int number, IReadOnlyList<IPAddress> addresses, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var port = new HealthCheckPort(service, number, addresses, loggers);
        try
        {
            await port._application.StartAsync(cancellationToken);
            return port;
        }
        catch
        {
            await port.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private Task AnswerAsync(HttpContext context)
    {
        var count = LocalEndpoints;
        var response = context.Response;
        response.StatusCode = count > 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        response.ContentType = "application/json";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers["X-Load-Balancing-Endpoint-Weight"] = count.ToString(CultureInfo.InvariantCulture);
        var answer = new Dictionary<string, object>
        {
            ["service"] = new Dictionary<string, string> { ["namespace"] = _service.Namespace, ["name"] = _service.Name },
            ["localEndpoints"] = count,
            ["serviceProxyHealthy"] = true,
        };
        return response.WriteAsync(JsonSerializer.Serialize(answer), context.RequestAborted);
    }
}
