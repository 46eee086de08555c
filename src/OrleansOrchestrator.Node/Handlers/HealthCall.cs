using System.Globalization;
using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using k8s.Models;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Node.Handlers;

/// <summary>Asks a program for its health by the gRPC health checking protocol.</summary>
internal static class HealthCall
{
    /// <returns>Null if the program serves; otherwise why not.</returns>
    public static async Task<string?> CheckAsync(V1GRPCAction grpc, string agent, string address, CancellationToken cancellationToken)
    {
        var target = new IPEndPoint(AddressSyntax.Parse(address), grpc.Port).ToString();
        using var channel = GrpcChannel.ForAddress($"http://{target}", new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false },
            DisposeHttpClient = true,
        });
        var service = grpc.Service ?? "";
        try
        {
            var answer = await new Health.HealthClient(channel).CheckAsync(
                new HealthCheckRequest { Service = service }, new Metadata { { "user-agent", agent } }, cancellationToken: cancellationToken);
            return answer.Status == HealthCheckResponse.Types.ServingStatus.Serving ? null : $"service unhealthy (responded with \"{NameOf(answer.Status)}\")";
        }
        catch (RpcException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return exception.StatusCode switch
            {
                StatusCode.Unimplemented => $"error: this server does not implement the grpc health protocol (grpc.health.v1.Health): {exception.Status.Detail}",
                StatusCode.DeadlineExceeded => "timeout: health rpc did not complete within the time limit",
                StatusCode.Unavailable => $"error: failed to connect service at \"{target}\": {exception.Status.Detail}",
                _ => string.Create(CultureInfo.InvariantCulture, $"error: health rpc probe failed: rpc error: code = {exception.StatusCode} desc = {exception.Status.Detail}"),
            };
        }
        catch (RpcException exception)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
    }

    private static string NameOf(HealthCheckResponse.Types.ServingStatus status) => status switch
    {
        HealthCheckResponse.Types.ServingStatus.NotServing => "NOT_SERVING",
        HealthCheckResponse.Types.ServingStatus.ServiceUnknown => "SERVICE_UNKNOWN",
        _ => "UNKNOWN",
    };
}
