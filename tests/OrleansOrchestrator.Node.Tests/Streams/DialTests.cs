using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests.Streams;

/// <summary>Connections to a pod through its node's daemon.</summary>
public sealed class DialTests : IAsyncLifetime
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");
    private TestNode _node = null!;
    private HttpMessageInvoker _connections = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _connections = ChannelClient.Connect(TestCertificates.Caller(_authority, "system:kube-apiserver"));
        _node = await TestNode.StartAsync(RuntimeKind.Process, options => options with { Index = 43, ClientAuthorities = [_authority] });
        var pod = TestPods.Shell("a", "cd $VOLUME_PAGES && echo hello >index.html && exec busybox httpd -f -p $POD_IP:18081");
        pod.Spec.Containers[0].Env = [new V1EnvVar { Name = "POD_IP", ValueFrom = new V1EnvVarSource { FieldRef = new V1ObjectFieldSelector { FieldPath = "status.podIP" } } }];
        pod.Spec.Containers[0].VolumeMounts = [new V1VolumeMount { Name = "pages", MountPath = "/pages" }];
        pod.Spec.Containers[0].ReadinessProbe = new V1Probe { HttpGet = new V1HTTPGetAction { Port = 18081 }, PeriodSeconds = 1 };
        pod.Spec.Volumes = [new V1Volume { Name = "pages", EmptyDir = new V1EmptyDirVolumeSource() }];
        _node.Put(pod);
        await _node.PodAsync("a", TestPods.IsReady, "it serves");
    }

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _connections.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task Dial_OfAServingPort_CarriesBytesUntilThePodEnds()
    {
        using var socket = await DialAsync("default/a/18081");
        await using var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true);

        await stream.WriteAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), Cancellation);
        var answer = await new StreamReader(stream).ReadToEndAsync(Cancellation);

        answer.ShouldContain(" 200 OK");
        answer.ShouldEndWith("hello\n");
        socket.CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure, "whoever reads to the end must know that it is the end");
    }

    [Theory]
    [InlineData("default/a/1", 503)]
    [InlineData("default/none/18081", 404)]
    [InlineData("default/a/65536", 400)]
    [InlineData("default/a/http", 400)]
    public async Task Dial_OfWhatIsNotThere_IsRefused(string target, int code) =>
        (await Should.ThrowAsync<WebSocketException>(() => DialAsync(target))).Message.ShouldContain($"{code}");

    private async Task<ClientWebSocket> DialAsync(string target)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = HttpVersion.Version20;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        try
        {
            await socket.ConnectAsync(new Uri($"wss://127.0.0.1:{_node.Agent.Port}/dial/{target}"), _connections, Cancellation);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
