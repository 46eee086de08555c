using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Gateway.Options;

namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>Runs the gateway in an application.</summary>
public static class GatewayApplication
{
    /// <summary>Serves every request of the application through the gateway.</summary>
    public static IApplicationBuilder UseGateway(this IApplicationBuilder application)
    {
        var pipeline = application.ApplicationServices.GetRequiredService<RequestPipeline>();

        // Only requests for a WebSocket pass the WebSocket middleware.
        application.UseWhen(AsksForWebSocket, branch => branch.UseWebSockets());
        application.Use(next => http => pipeline.InvokeAsync(http, next));
        return application.UseOpenTelemetryPrometheusScrapingEndpoint();
    }

    // Over HTTP/2 a WebSocket begins with an extended CONNECT (RFC 8441).
    private static bool AsksForWebSocket(HttpContext http) => http.Request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(http.Request.Method);

    /// <summary>Starts the application with the gateway.</summary>
    /// <returns>The gateway's address on this machine, with the chosen port if the options leave it open.</returns>
    /// <exception cref="GatewayAddressInUseException">The address is in use.</exception>
    public static async Task<Uri> StartGatewayAsync(this WebApplication application, CancellationToken cancellationToken)
    {
        var options = application.Services.GetRequiredService<GatewayOptions>();
        try
        {
            await application.StartAsync(cancellationToken);
        }
        catch (IOException failure) when (failure.InnerException is AddressInUseException)
        {
            throw new GatewayAddressInUseException(new IPEndPoint(options.ListenAddress, options.Port), failure);
        }

        var port = new Uri(application.Urls.First()).Port;
        var isEverywhere = options.ListenAddress.Equals(IPAddress.Any) || options.ListenAddress.Equals(IPAddress.IPv6Any);
        var host = isEverywhere ? IPAddress.Loopback : options.ListenAddress;
        return new UriBuilder(Uri.UriSchemeHttps, host.ToString(), port).Uri;
    }
}
