using System.Net;
using OrleansOrchestrator.Gateway.Ingress;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Proxying;
using OrleansOrchestrator.Kinds;

namespace OrleansOrchestrator.Gateway.Tests.Ingress;

/// <summary>Endpoints to which no connection is opened.</summary>
public sealed class BackendConnectionsTests
{
    [Theory]
    [InlineData("127.0.0.1", true, "address not allowed")]
    [InlineData("169.254.169.254", true, "address not allowed")]
    [InlineData("fd00:ec2::254", true, "address not allowed")]
    [InlineData("127.0.0.1", false, "only pods are served here (ingress:directAddresses)")]
    public async Task Address_ThatNobodyMayNameOrThatIsNoPod_IsNotAsked(string address, bool areAllowed, string reason)
    {
        using var connections = new BackendConnections(null!, null!, BuiltInKinds.Registry, new IngressOptions { DirectAddresses = areAllowed });
        var endpoint = new BackendEndpoint(new EndpointAddress("", null, "", "", IPAddress.Parse(address), 1));
        using var request = new HttpRequestMessage(HttpMethod.Get, endpoint.Address.OriginOf(BackendProtocol.Http));
        request.Options.Set(BackendConnections.Endpoint, endpoint);

        var failure = await Should.ThrowAsync<HttpRequestException>(() => connections.InvokerOf(BackendProtocol.Http).SendAsync(request, TestContext.Current.CancellationToken));

        RequestForwarder.ReasonOf(failure).ShouldBe(reason);
    }
}
