using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Statistics;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Server;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

public sealed class NodeServerTests : IDisposable
{
    private readonly X509Certificate2 _authority = TestCertificates.Authority("the cluster");

    [Fact]
    public async Task Logs_OfAContainer_AnswerTailTimestampsAndLimit()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", "for i in 1 2 3 4 5; do echo line $i; done; while :; do sleep 0.1; done"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        await Eventually.AnswersAsync(async () => (await GetAsync(client, "/containerLogs/default/a/main")).Body is var body && body.Contains("line 5", StringComparison.Ordinal) ? body : null, "all is written");
        (await GetAsync(client, "/containerLogs/default/a/main?tailLines=2")).Body.ShouldBe("line 4\nline 5\n");
        (await GetAsync(client, "/containerLogs/default/a/main?limitBytes=9")).Body.ShouldBe("line 1\nli");
        (await GetAsync(client, "/containerLogs/default/a/main?tailLines=1&timestamps=true")).Body.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line 5\n$");
        (await GetAsync(client, "/containerLogs/default/a/main?sinceTime=2999-01-01T00:00:00Z")).Body.ShouldBe("");
        (await GetAsync(client, "/pods")).Body.ShouldContain("\"kind\":\"PodList\"");
        (await GetAsync(client, "/healthz")).Body.ShouldBe("ok");
    }

    [Fact]
    public async Task Metrics_OfANodeWithAPod_HaveTheKubeletsNames()
    {
        await using var node = await StartAsync();
        await using var other = await StartAsync(32);
        node.Put(TestPods.Shell("a", "while :; do sleep 0.1; done"));
        await node.PodAsync("a", TestPods.IsReady, "the pod is ready");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));
        using var otherClient = Client(other, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        var text = await Eventually.AnswersAsync(
            async () => (await GetAsync(client, "/metrics")).Body is var body && body.Contains("orchestrator_node_lease_renewals_total", StringComparison.Ordinal) ? body : null,
            "the lease has been renewed");

        text.ShouldMatch(@"(?m)^kubelet_running_pods(\{[^}]*\})? 1$");
        text.ShouldMatch(@"(?m)^kubelet_running_containers\{.*container_state=""running"".*\} 1$");
        text.ShouldMatch(@"(?m)^kubelet_started_containers_total\{.*container_type=""container"".*\} 1$");
        text.ShouldMatch(@"(?m)^kubelet_runtime_operations_total\{.*operation_type=""create_container"".*\} 1$");
        text.ShouldContain("kubelet_pod_worker_duration_seconds_bucket{");
        text.ShouldNotContain(" name=\"a\"");
        (await GetAsync(otherClient, "/metrics")).Body.ShouldMatch(@"(?m)^kubelet_running_pods(\{[^}]*\})? 0$");
    }

    [Fact]
    public async Task Summary_OfABusyPodAndAnIdleOne_TellsWhatEachUses()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("busy", "while :; do :; done"));
        node.Put(TestPods.Shell("idle", "while :; do sleep 1; done"));
        await node.PodAsync("busy", TestPods.IsReady, "the pod is ready");
        await node.PodAsync("idle", TestPods.IsReady, "the pod is ready");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        var summary = JsonSerializer.Deserialize<StatsSummary>((await GetAsync(client, StatsSummary.Path)).Body, JsonSerializerOptions.Web)!;

        var (busy, idle) = (Of("busy"), Of("idle"));
        busy.Cpu!.UsageNanoCores.ShouldBeGreaterThan(10 * idle.Cpu!.UsageNanoCores);
        busy.Cpu.WindowNanoSeconds.ShouldBeGreaterThanOrEqualTo(1_000_000_000);
        busy.Cpu.UsageCoreNanoSeconds.ShouldBeGreaterThan(0);
        busy.Memory.WorkingSetBytes.ShouldBeGreaterThan(100_000);
        summary.Node.NodeName.ShouldBe(node.Options.Name);
        summary.Node.Cpu!.UsageNanoCores.ShouldBeGreaterThan(busy.Cpu.UsageNanoCores / 2);
        summary.Node.Memory!.WorkingSetBytes.ShouldBeGreaterThan(busy.Memory.WorkingSetBytes);

        ContainerStats Of(string pod) => summary.Pods.Single(one => one.PodRef.Name == pod).Containers.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Logs_Followed_StreamUntilTheContainerEnds()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", "echo first; sleep 1; echo last", "Never"));
        await node.PodAsync("a", p => TestPods.Status(p)?.State?.Running is not null, "it runs");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        (await GetAsync(client, "/containerLogs/default/a/main?follow=true")).Body.ShouldBe("first\nlast\n");
    }

    [Fact]
    public async Task Logs_Followed_ShowALineThatIsNotFinished()
    {
        await using var node = await StartAsync();
        node.Put(TestPods.Shell("a", "echo first; sleep 1; printf 'name: '; while :; do sleep 0.1; done", "Never"));
        await node.PodAsync("a", p => TestPods.Status(p)?.State?.Running is not null, "it runs");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        using var response = await client.GetAsync("/containerLogs/default/a/main?follow=true", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        await using var log = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var expected = "first\nname: "u8.ToArray();
        var seen = new byte[expected.Length];
        await log.ReadExactlyAsync(seen, TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        seen.ShouldBe(expected);
    }

    [Fact]
    public async Task Logs_ThatDoNotExist_SayWhyAsTheKubeletDoes()
    {
        await using var node = await StartAsync();
        var pod = TestPods.Shell("a", "");
        pod.Spec.Containers[0].Command = null;
        node.Put(pod);
        await node.PodAsync("a", p => TestPods.Status(p)?.State?.Waiting?.Reason == "CreateContainerError", "it waits");
        using var client = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));

        (await GetAsync(client, "/containerLogs/default/a/main")).ShouldBe((HttpStatusCode.BadRequest, "container \"main\" in pod \"a\" is waiting to start: CreateContainerError"));
        (await GetAsync(client, "/containerLogs/default/a/main?previous=true")).ShouldBe((HttpStatusCode.BadRequest, "previous terminated container \"main\" in pod \"a\" not found"));
        (await GetAsync(client, "/containerLogs/default/a/none")).ShouldBe((HttpStatusCode.BadRequest, "container none is not valid for pod a"));
        (await GetAsync(client, "/containerLogs/default/b/main")).ShouldBe((HttpStatusCode.NotFound, "pod \"b\" not found"));
        (await GetAsync(client, "/containerLogs/default/a/main?tailLines=-1")).Code.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Request_WithoutTheApiServersCertificate_IsRefused()
    {
        await using var node = await StartAsync();
        using var stranger = TestCertificates.Authority("a stranger");

        foreach (var certificate in new[] { null, TestCertificates.Caller(_authority, "somebody"), TestCertificates.Caller(stranger, "system:kube-apiserver") })
        {
            using var client = Client(node, certificate);
            await Should.ThrowAsync<HttpRequestException>(() => GetAsync(client, "/healthz"));
        }
    }

    [Fact]
    public async Task ServingCertificate_DaemonRestarted_StaysAndIsPinnedByTheNode()
    {
        await using var node = await StartAsync();
        var path = Path.Combine(node.Options.DataDirectory, "serving.pem");
        File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var content = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        using var certificate = X509Certificate2.CreateFromPem(content);
        var found = await Eventually.AnswersAsync(() => node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}"), "the node is registered");
        found.Metadata.Annotations["orleansorchestrator.io/serving-certificate-sha256"].ShouldBe(SelfSigned.HashOf(certificate));
        found.Status.DaemonEndpoints.KubeletEndpoint.Port.ShouldBe(node.Agent.Port);

        await node.StopAgentAsync();
        await node.StartAgentAsync();

        (await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken)).ShouldBe(content);
    }

    [Fact]
    public async Task ServingCertificate_PastItsTime_IsRenewedAndTheVoterStays()
    {
        await using var node = await TestNode.StartAsync(
            RuntimeKind.Process,
            o => o with { Index = 31, ClientAuthorities = [_authority] },
            before: node =>
            {
                node.GatewaysHearWithin = TimeSpan.FromMilliseconds(100);
                var past = TimeProvider.System.GetUtcNow() - TimeSpan.FromDays(400);
                using var old = SelfSigned.Create(
                    Path.Combine(node.Options.DataDirectory, ServingCertificate.FileName), node.Options.Name, IPAddress.Loopback, past, TimeSpan.FromDays(365));
                return Task.CompletedTask;
            });
        using var voter = X509Certificate2.CreateFromPemFile(Path.Combine(node.Options.DataDirectory, "voter.pem"));

        await Eventually.PassesAsync(async () =>
        {
            using var served = X509Certificate2.CreateFromPemFile(Path.Combine(node.Options.DataDirectory, ServingCertificate.FileName));
            SelfSigned.HashOf(served).ShouldNotBe(SelfSigned.HashOf(voter));
            var annotations = node.Api.Get<V1Node>($"api/v1/nodes/{node.Options.Name}")!.Metadata.Annotations;
            annotations["orleansorchestrator.io/serving-certificate-sha256"].ShouldBe(SelfSigned.HashOf(served));
            annotations[FencingView.VoterAnnotation].ShouldBe(SelfSigned.HashOf(voter));
            (await ShownAsync(node, "127.0.0.1")).ShouldBe(SelfSigned.HashOf(served));
        });
        (await ShownAsync(node, VoterCertificate.ServerName)).ShouldBe(SelfSigned.HashOf(voter));
    }

    [Fact]
    public async Task Vote_AskedForByAPeer_IsKeptWhileTheControlPlaneAnswers()
    {
        await using var node = await StartAsync();
        using var peer = TestCertificates.Authority("a peer");
        var path = $"api/v1/nodes/{node.Options.Name}";
        var registered = await Eventually.AnswersAsync(() => node.Api.Get<V1Node>(path), "the node is registered");
        var own = FencingView.VoterOf(registered).ShouldNotBeNull();
        FencingView[] views = [new(1, "first", [new("a", own, "127.0.0.1", node.Agent.Port), new("b", SelfSigned.HashOf(peer), "127.0.0.1", 1)])];
        node.Api.Change(path, json => json["metadata"]!["annotations"]![FencingView.Annotation] = FencingView.Format(views));
        await ReportsViewAsync(node, "first");

        using var asking = Client(node, peer);
        using var answer = await asking.PostAsync("/fencing/vote", null, TestContext.Current.CancellationToken);
        answer.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await GetAsync(asking, "/pods")).Code.ShouldBe(HttpStatusCode.Forbidden);
        using var caller = Client(node, TestCertificates.Caller(_authority, "system:kube-apiserver"));
        using var refused = await caller.PostAsync("/fencing/vote", null, TestContext.Current.CancellationToken);
        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden, "the control plane does not ask for votes");
    }

    [Fact]
    public async Task Peer_OfANodeWithoutTheControlPlane_GetsItsVoteByCertificatesOfTheirOwn()
    {
        await using var node = await TestNode.StartAsync(
            RuntimeKind.Process, o => o with { Index = 31, ClientAuthorities = [_authority], Times = new FencingTimes { VoteTime = TimeSpan.FromSeconds(1) } });
        using var peer = TestCertificates.Authority("a peer");
        var path = $"api/v1/nodes/{node.Options.Name}";
        var registered = await Eventually.AnswersAsync(() => node.Api.Get<V1Node>(path), "the node is registered");
        var own = FencingView.VoterOf(registered).ShouldNotBeNull();
        registered.Metadata.Annotations["orleansorchestrator.io/serving-certificate-sha256"].ShouldNotBe(own);
        var member = new FencingMember("a", own, "127.0.0.1", node.Agent.Port);
        FencingView[] views = [new(1, "first", [member, new("b", SelfSigned.HashOf(peer), "127.0.0.1", 1)])];
        node.Api.Change(path, json => json["metadata"]!["annotations"]![FencingView.Annotation] = FencingView.Format(views));
        await ReportsViewAsync(node, "first");
        await node.Api.PauseAsync();

        using var contacts = new PeerContacts([], TimeSpan.FromSeconds(5), peer);
        await Eventually.HoldsAsync(() => contacts.AskAsync(member, TestContext.Current.CancellationToken));
        (await contacts.AskAsync(member with { Voter = SelfSigned.HashOf(peer) }, TestContext.Current.CancellationToken)).ShouldBeFalse("another node answers there");
        using var stranger = TestCertificates.Authority("a stranger");
        using var others = new PeerContacts([], TimeSpan.FromSeconds(5), stranger);
        (await others.AskAsync(member, TestContext.Current.CancellationToken)).ShouldBeFalse("no node of the view asks");
    }

    public void Dispose() => _authority.Dispose();

    private static Task ReportsViewAsync(TestNode node, string view)
    {
        var lease = $"apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/{node.Options.Name}";
        return Eventually.HoldsAsync(
            () => VoteReport.Parse(node.Api.Get<V1Lease>(lease)?.Metadata.Annotations?[VoteReport.Annotation])?.View == view, "the node says that it uses the view");
    }

    private Task<TestNode> StartAsync(int index = 31) =>
        TestNode.StartAsync(RuntimeKind.Process, o => o with { Index = index, ClientAuthorities = [_authority] });

    private static async Task<(HttpStatusCode Code, string Body)> GetAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The hash of the certificate that the node's server shows to who calls it by a name.</summary>
    private async Task<string> ShownAsync(TestNode node, string name)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, node.Agent.Port, TestContext.Current.CancellationToken);
        using var caller = TestCertificates.Caller(_authority, "system:kube-apiserver");
        await using var secure = new SslStream(socket.GetStream(), false, (_, _, _, _) => true, (_, _, _, _, _) => caller);
        await secure.AuthenticateAsClientAsync(name);
        using var shown = X509CertificateLoader.LoadCertificate(secure.RemoteCertificate!.GetRawCertData());
        return SelfSigned.HashOf(shown);
    }

    private static HttpClient Client(TestNode node, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, _, _, _) => true,
                ClientCertificates = certificate is null ? [] : [certificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate!,
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{node.Agent.Port}") };
    }
}
