using System.Net;
using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using OrleansOrchestrator.Gateway.Identity;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Tests.Hosting;
using OrleansOrchestrator.Kinds.Core;
using OrleansOrchestrator.Model.Tunnels;

namespace OrleansOrchestrator.Gateway.Tests.Nodes;

public sealed class NodeTunnelTests : IAsyncLifetime
{
    private const string Tunnel = "/api/v1/nodes/far/tunnel";

    private readonly GatewayFixture _gateway = new()
    {
        Options = new GatewayOptions { ListenAddress = IPAddress.Loopback, Port = 0, NodeTunnelsIdleMax = 2, NodeConnectSecondsMax = 2 },
    };

    private readonly X509Certificate2 _certificate = CertificateAuthority.Load(CertificateAuthority.Create(TimeProvider.System.GetUtcNow()))
        .IssueServerCertificate("node", ["127.0.0.1"], TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(1));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _gateway.InitializeAsync();
        await _gateway.CreateAsync("/api/v1/nodes", $$$"""
            {"metadata":{"name":"far","annotations":{"{{{NodeAnnotations.ServingCertificate}}}":"{{{Convert.ToHexStringLower(SHA256.HashData(_certificate.RawData))}}}"} } }
            """);
        await FakeDaemon.CreatePodAsync(_gateway, "web", "far", "main");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _certificate.Dispose();
    }

    [Fact]
    public async Task Log_OfANodeBehindATunnel_ComesThroughIt()
    {
        using var socket = await _gateway.OpenSocketAsync(Tunnel, null);
        var told = (await _gateway.Admin.GetJsonAsync("/api/v1/nodes/far")).ShouldSucceed()["metadata"]!["annotations"]![NodeTunnel.Annotation]!.GetValue<string>();
        told.ShouldBe(_gateway.Address.ToString());
        var serving = ServeAsync(socket);
        (await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/pods/web/log")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable")
            .ShouldStartWith("the daemon of node \"far\" behind its tunnel cannot be reached");
        (await serving).ShouldBe("CN=" + ClusterIdentity.GatewayUser, "the gateway shook hands with the daemon itself");
    }

    [Fact]
    public async Task Tunnel_ThatEndsUnused_IsNotTaken()
    {
        (await _gateway.OpenSocketAsync(Tunnel, null)).Abort();
        using var socket = await _gateway.OpenSocketAsync(Tunnel, null);
        var serving = ServeAsync(socket);
        await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/pods/web/log");
        (await serving).ShouldContain(ClusterIdentity.GatewayUser);
    }

    [Fact]
    public async Task Tunnels_ThatNobodyUses_AreBounded()
    {
        using var first = await _gateway.OpenSocketAsync(Tunnel, null);
        using var second = await _gateway.OpenSocketAsync(Tunnel, null);
        using var third = await _gateway.OpenSocketAsync(Tunnel, null);
        (await third.ReceiveAsync(new byte[1].AsMemory(), Cancellation).AsTask().ContinueWith(ended => ended.IsFaulted, TaskScheduler.Default)).ShouldBeTrue();
        first.State.ShouldBe(WebSocketState.Open);
    }

    [Fact]
    public async Task Tunnel_OfANodeThatDoesNotExist_IsRefused() =>
        await Should.ThrowAsync<WebSocketException>(_gateway.OpenSocketAsync("/api/v1/nodes/nobody/tunnel", null));

    [Fact]
    public async Task Dial_BySomebodyElseThanAGateway_IsForbidden()
    {
        var refused = await Should.ThrowAsync<WebSocketException>(_gateway.OpenSocketAsync(Tunnel + NodeTunnel.DialPath, null));
        refused.Message.ShouldContain("403");
    }

    [Fact]
    public async Task Log_OfANodeWhoseTunnelIsAway_IsUnavailable()
    {
        using (await _gateway.OpenSocketAsync(Tunnel, null))
        {
        }

        (await _gateway.Admin.GetJsonAsync("/api/v1/namespaces/default/pods/web/log")).ShouldFail(HttpStatusCode.ServiceUnavailable, "ServiceUnavailable");
    }

    [Fact]
    public async Task Stream_OverAWebSocket_CarriesBytesBothWays()
    {
        using var socket = await _gateway.OpenSocketAsync(Tunnel, null);
        await using var near = new TunnelStream(socket);
        var beginning = near.HasBegunAsync();
        beginning.IsCompleted.ShouldBeFalse();
        await using var far = await _gateway.Tunnels.TakeAsync("far", Cancellation);
        var sent = RandomNumberGenerator.GetBytes(300_000);
        var writing = far.WriteAsync(sent, Cancellation).AsTask();
        var received = new byte[sent.Length];
        await near.ReadExactlyAsync(received, Cancellation);
        await writing;
        received.ShouldBe(sent);
        (await beginning).ShouldBeTrue();
        await near.WriteAsync("back"u8.ToArray(), Cancellation);
        var back = new byte[4];
        await far.ReadExactlyAsync(back, Cancellation);
        Encoding.UTF8.GetString(back).ShouldBe("back");
        await near.DisposeAsync();
        (await far.ReadAsync(back, Cancellation)).ShouldBe(0);
    }

    /// <summary>Shakes hands as a daemon does, and goes.</summary>
    /// <returns>Who called.</returns>
    private async Task<string> ServeAsync(WebSocket socket)
    {
        await using var tunnel = new TunnelStream(socket);
        await using var tls = new SslStream(tunnel);
        await tls.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = _certificate, ClientCertificateRequired = true, RemoteCertificateValidationCallback = (_, _, _, _) => true }, Cancellation);
        return tls.RemoteCertificate!.Subject.Split(", ").Single(part => part.StartsWith("CN=", StringComparison.Ordinal));
    }
}
