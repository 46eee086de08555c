using System.Net;
using System.Net.WebSockets;
using System.Text;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Commands;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

/// <summary>kubectl exec, attach and cp, with real processes behind them.</summary>
[Collection(typeof(ProcessPodsCollection))]
public sealed class SessionTests(ProcessRuntime runtime) : EndToEndTest
{
    private Kubectl Kubectl => runtime.Cluster.Kubectl;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await runtime.StartAsync();
        OnFailure(runtime.Cluster.DescribeAsync);
        AtEnd(() => Kubectl.RunAsync("delete", "pod", "web"));
        await Kubectl.RunWithInputAsync(Pod, "apply", "-f", "-");
        await Kubectl.RunAsync("wait", "--for=condition=Ready", "pod/web", "--timeout=60s");
    }

    [Fact]
    public async Task Kubectl_WithASessionInAContainer_WorksAsUsersKnowIt()
    {
        await SessionsWorkAsync(Kubectl);

        var refused = await Kubectl.TryAsync("exec", "web", "-c", "none", "--", "true");
        refused.Errors.ShouldContain("container none is not valid for pod web");
        (await Kubectl.TryAsync("exec", "nobody", "--", "true")).Errors.ShouldContain("pods \"nobody\" not found");
    }

    [Fact]
    public Task Kubectl_ThatSpeaksSpdy_HasTheSameSessions() => SessionsWorkAsync(Kubectl.OverSpdy());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Kubectl_ForwardsPorts_OfAPodAndByName(bool isOverSpdy)
    {
        var kubectl = isOverSpdy ? Kubectl.OverSpdy() : Kubectl;
        await using var forwarding = kubectl.Start(["port-forward", "--address", "127.0.0.1", "pod/web", ":serving", ":1"]);
        await Eventually.HoldsAsync(() => forwarding.Output.Split('\n').Count(line => line.StartsWith("Forwarding from ", StringComparison.Ordinal)) == 2, "it listens");
        var ports = forwarding.Output.Split('\n').Where(line => line.Length > 0).ToDictionary(line => line.Split(" -> ")[1].Trim(), line => line.Split(" -> ")[0].Split(':')[^1]);

        using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{ports["18086"]}") };
        (await http.GetStringAsync("/", Cancelled)).ShouldBe("served\n");
        await Should.ThrowAsync<HttpRequestException>(() => http.GetStringAsync($"http://127.0.0.1:{ports["1"]}/", Cancelled));
        await Eventually.HoldsAsync(() => forwarding.Errors.Contains("error forwarding port 1 to pod web_default", StringComparison.Ordinal), "it says why");
    }

    [Fact]
    public async Task Kubectl_CopiesAFile_ToAContainerAndBack()
    {
        var folder = NewScratch().Folder;
        var (sent, there, back) = (Path.Combine(folder, "sent"), Path.Combine(folder, "there"), Path.Combine(folder, "back"));
        await File.WriteAllTextAsync(sent, string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n")), Cancelled);

        // Containers of this runtime see the machine's files.
        await Kubectl.RunAsync("cp", sent, $"web:{there}");
        await Kubectl.RunAsync("cp", $"web:{there}", back);

        (await File.ReadAllTextAsync(there, Cancelled)).ShouldBe(await File.ReadAllTextAsync(sent, Cancelled));
        (await File.ReadAllTextAsync(back, Cancelled)).ShouldBe(await File.ReadAllTextAsync(sent, Cancelled));
    }

    [Fact]
    public async Task KubectlProxy_OpensTheApi_AndPodsAndServicesBehindIt()
    {
        AtEnd(() => Kubectl.RunAsync("delete", "service", "web"));
        await Kubectl.RunWithInputAsync(Service, "apply", "-f", "-");
        await using var proxy = Kubectl.Start(["proxy", "--port", "0"]);
        const string Begun = "Starting to serve on ";
        await Eventually.HoldsAsync(() => proxy.Output.Contains(Begun, StringComparison.Ordinal) && proxy.Output.EndsWith('\n'), "it listens");
        var origin = proxy.Output.Split(Begun)[1].Trim();
        using var http = new HttpClient { BaseAddress = new Uri($"http://{origin}/api/v1/namespaces/default/") };

        (await http.GetStringAsync("/api/", Cancelled)).ShouldContain("\"v1\"");
        (await http.GetStringAsync("pods/web:18086/proxy/", Cancelled)).ShouldBe("served\n");
        await Eventually.PassesAsync(async () => (await http.GetStringAsync("services/web:80/proxy/", Cancelled)).ShouldBe("served\n"));

        // The server's redirect to the folder leads through both proxies again.
        using var below = await http.GetAsync("services/web:http/proxy/sub", Cancelled);
        (await below.Content.ReadAsStringAsync(Cancelled), below.RequestMessage!.RequestUri!.AbsolutePath).ShouldBe(("below\n", "/api/v1/namespaces/default/services/web:http/proxy/sub/"));

        // Answers without an end come through as they are sent.
        using var watched = await http.GetAsync("pods?watch=true&fieldSelector=metadata.name=web", HttpCompletionOption.ResponseHeadersRead, Cancelled);
        using var events = new StreamReader(await watched.Content.ReadAsStreamAsync(Cancelled));
        (await events.ReadLineAsync(Cancelled)).ShouldNotBeNull().ShouldStartWith("""{"type":"ADDED",""");

        // And so do connections that become WebSockets.
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{origin}/api/v1/namespaces/default/pods?watch=true&fieldSelector=metadata.name=web"), Cancelled);
        var buffer = new byte[1024];
        var received = await socket.ReceiveAsync(buffer, Cancelled);
        Encoding.UTF8.GetString(buffer, 0, received.Count).ShouldStartWith("""{"type":"ADDED",""");

        // What kubectl keeps closed by itself.
        (await http.GetAsync("pods/web/exec?command=true", Cancelled)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    /// <summary>A pod of two containers: <c>main</c> answers what it reads, and <c>side</c> is the one that kubectl takes.</summary>
    internal const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: web
          labels: {app: web}
          annotations: {kubectl.kubernetes.io/default-container: side}
        spec:
          terminationGracePeriodSeconds: 1
          containers:
          - name: main
            image: registry.invalid/main:1
            stdin: true
            stdinOnce: true
            command: [sh, -c, 'while read line; do echo "got $line"; done; echo over; sleep 600']
          - name: side
            image: registry.invalid/side:1
            command: [sh, -c, 'echo begun; cd $VOLUME_PAGES && echo served >index.html && mkdir sub && echo below >sub/index.html && exec busybox httpd -f -p $POD_IP:18086']
            env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
            ports: [{name: serving, containerPort: 18086}]
            volumeMounts: [{name: pages, mountPath: /pages}]
          volumes: [{name: pages, emptyDir: {}}]
        """;

    private const string Service = """
        apiVersion: v1
        kind: Service
        metadata: {name: web}
        spec: {selector: {app: web}, ports: [{name: http, port: 80, targetPort: serving}]}
        """;

    internal static async Task SessionsWorkAsync(Kubectl kubectl)
    {
        var ended = await kubectl.TryAsync("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 3");
        ended.ExitCode.ShouldBe(3, ended.ToString());
        ended.Output.ShouldBe("out\n");
        ended.Errors.ShouldContain("err");

        var input = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));
        (await kubectl.RunWithInputAsync(input, "exec", "-i", "web", "--", "cat")).Output.ShouldBe(input);
        await Eventually.PassesAsync(async () => (await kubectl.RunAsync("logs", "web", "-c", "side")).Output.ShouldBe("begun\n"));

        await using var attached = kubectl.Start(["attach", "-i", "web", "-c", "main"], "hello\n");
        await Eventually.PassesAsync(() =>
        {
            attached.Output.ShouldContain("got hello");
            attached.Output.ShouldContain("over");
            return Task.CompletedTask;
        });
    }
}
