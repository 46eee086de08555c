using System.Net;
using k8s.Models;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Probes;
using OrleansOrchestrator.Node.Runtime.Hollow;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What the containers of a pod do from their start to their end: the same on every runtime.</summary>
public sealed class PodLifecycleTests(DockerMachine docker)
{
    public static TheoryData<RuntimeKind> Runtimes => [RuntimeKind.Docker, RuntimeKind.Process];

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Hooks_OfAContainer_RunAfterItsStartAndBeforeItsEnd(RuntimeKind runtime)
    {
        await using var node = await StartAsync(runtime);
        var pod = Shell("a", "trap 'cat $NOTES >$MESSAGE; exit 3' TERM; while :; do sleep 0.1; done", runtime);
        var container = pod.Spec.Containers[0];
        container.Lifecycle = new V1Lifecycle
        {
            PostStart = new V1LifecycleHandler { Exec = new V1ExecAction { Command = Command("echo started >>$NOTES", runtime) } },
            PreStop = new V1LifecycleHandler { Exec = new V1ExecAction { Command = Command("sleep 0.5; echo stopping >>$NOTES", runtime) } },
        };
        container.LivenessProbe = Probe("test ! -e $NOTES.sick", runtime);
        pod.Spec.RestartPolicy = "Never";
        node.Put(pod);
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs", 60);

        await ExecAsync(node, running, Command("touch $NOTES.sick", runtime));

        var ended = await node.PodAsync("a", p => p.Status.Phase == "Failed", "the probe has ended it", 60);
        TestPods.Status(ended)!.State.Terminated.ExitCode.ShouldBe(3);
        TestPods.Status(ended)!.State.Terminated.Message.ShouldBe("started\nstopping\n");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Hook_AfterTheStartFails_EndsTheContainerAndTellsWhy(RuntimeKind runtime)
    {
        await using var node = await StartAsync(runtime);
        var pod = Shell("a", "while :; do sleep 0.1; done", runtime);
        pod.Spec.RestartPolicy = "Never";
        pod.Spec.TerminationGracePeriodSeconds = 1;
        pod.Spec.Containers[0].Lifecycle = new V1Lifecycle { PostStart = new V1LifecycleHandler { Exec = new V1ExecAction { Command = ["/bin/false"] } } };
        node.Put(pod);

        await node.PodAsync("a", p => p.Status.Phase == "Failed", "it has ended", 60);
        await Eventually.HoldsAsync(() => EventsOf(node).Any(e => e is { Reason: "FailedPostStartHook", Message: "PostStartHook failed" }), "the event is there");
        await Eventually.HoldsAsync(() => EventsOf(node).Any(e => e is { Reason: "Killing", Message: "FailedPostStartHook" }), "the event is there");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Message_OfAContainerThatEnds_ComesFromItsFileOrTheEndOfItsLog(RuntimeKind runtime)
    {
        await using var node = await StartAsync(runtime);
        node.Put(Ended("file", "echo log; printf said >$MESSAGE; exit 1", "FallbackToLogsOnError", runtime));
        node.Put(Ended("log", "echo first; echo last; exit 1", "FallbackToLogsOnError", runtime));
        node.Put(Ended("good", "echo log; exit 0", "FallbackToLogsOnError", runtime));
        node.Put(Ended("none", "echo log; exit 1", "File", runtime));
        node.Put(Ended("long", "i=0; while [ $i -lt 1000 ]; do echo 0123456789; i=$((i+1)); done >$MESSAGE; printf end >>$MESSAGE", "File", runtime));

        (await MessageOfAsync(node, "file")).ShouldBe("said");
        (await MessageOfAsync(node, "log")).ShouldBe("first\nlast\n");
        (await MessageOfAsync(node, "good")).ShouldBeNull();
        (await MessageOfAsync(node, "none")).ShouldBeNull();
        var end = await MessageOfAsync(node, "long");
        end!.Length.ShouldBe(4096);
        end.ShouldEndWith("end");
    }

    [Theory]
    [MemberData(nameof(Runtimes))]
    public async Task Sidecar_OfADeletedPod_EndsAfterTheContainersThatNeedIt(RuntimeKind runtime)
    {
        await using var node = await StartAsync(runtime);
        var pod = Shell("a", "trap 'sleep 1; touch $NOTES.main; exit 0' TERM; while :; do sleep 0.1; done", runtime);
        var sidecar = TestPods.Container("side", "", ImageOf(runtime));
        sidecar.RestartPolicy = "Always";
        sidecar.Command = Command("trap 'if [ -e $NOTES.main ]; then exit 7; else exit 8; fi' TERM; while :; do sleep 0.1; done", runtime);
        sidecar.VolumeMounts = pod.Spec.Containers[0].VolumeMounts;
        pod.Spec.InitContainers = [sidecar];
        pod.Spec.TerminationGracePeriodSeconds = 20;
        var path = node.Put(pod);
        await node.PodAsync("a", TestPods.IsReady, "it runs", 60);

        // The pod fails, so that its object stays and tells how its containers ended.
        node.Api.Change(path, p => p["spec"]!["activeDeadlineSeconds"] = 1);

        var ended = await node.PodAsync("a", p => p.Status.Phase == "Failed", "it has ended", 60);
        TestPods.Status(ended, "side")!.State.Terminated.ExitCode.ShouldBe(7);
    }

    [Theory]
    [InlineData("/healthy", "", null)]
    [InlineData("/sick", "", "HTTP probe failed with statuscode: 500")]
    [InlineData("/moved", "", "HTTP probe failed with statuscode: 500")]
    [InlineData("/away", "", "Probe terminated redirects, Response body: elsewhere")]
    [InlineData("/headers", "one", null)]
    [InlineData("/headers", "two", "HTTP probe failed with statuscode: 400")]
    public async Task Probe_OverHttp_JudgesTheStatusAfterRedirectsOfTheSameHost(string path, string header, string? failure)
    {
        await using var server = await ServerAsync(HttpProtocols.Http1, context =>
        {
            context.Response.StatusCode = context.Request.Path.Value switch
            {
                "/healthy" => 200,
                "/moved" or "/away" => 302,
                "/headers" => context.Request.Headers["X-Test"] == "one" && context.Request.ContentType == "text/odd" && context.Request.Host.Host == "example.org" && context.Request.Headers.UserAgent.ToString().StartsWith("kube-probe/", StringComparison.Ordinal) ? 200 : 400,
                _ => 500,
            };
            if (context.Response.StatusCode == 302)
                context.Response.Headers.Location = context.Request.Path == "/moved" ? "/sick" : "http://192.0.2.1/";
            return context.Request.Path == "/away" ? context.Response.WriteAsync("elsewhere") : Task.CompletedTask;
        });
        var probe = new V1Probe
        {
            HttpGet = new V1HTTPGetAction { Path = path, Port = PortOf(server), HttpHeaders = [new V1HTTPHeader { Name = "X-Test", Value = header }, new V1HTTPHeader { Name = "Host", Value = "example.org" }, new V1HTTPHeader { Name = "Content-Type", Value = "text/odd" }] },
        };

        (await RunAsync(probe)).ShouldBe(failure);
    }

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(2, 0, "service unhealthy (responded with \"NOT_SERVING\")")]
    [InlineData(0, 12, "error: this server does not implement the grpc health protocol")]
    [InlineData(0, 5, "error: health rpc probe failed: rpc error: code = NotFound")]
    public async Task Probe_OverGrpc_JudgesTheHealthThatTheProgramTells(int health, int status, string? failure)
    {
        await using var server = await ServerAsync(HttpProtocols.Http2, async context =>
        {
            context.Request.Path.Value.ShouldBe("/grpc.health.v1.Health/Check");
            context.Response.ContentType = "application/grpc";
            if (health > 0)
                await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, (byte)health });
            context.Response.AppendTrailer("grpc-status", status.ToString(System.Globalization.CultureInfo.InvariantCulture));
        });

        var result = await RunAsync(new V1Probe { Grpc = new V1GRPCAction { Port = PortOf(server) } });

        if (failure is null)
            result.ShouldBeNull();
        else
            result.ShouldStartWith(failure);
    }

    [Fact]
    public async Task Probe_OverHttp_KeepsNoCookiesForTheNextOne()
    {
        await using var server = await ServerAsync(HttpProtocols.Http1, context =>
        {
            context.Response.StatusCode = context.Request.Headers.ContainsKey("Cookie") ? StatusCodes.Status400BadRequest : StatusCodes.Status200OK;
            context.Response.Headers.SetCookie = "session=of-another-pod; Path=/";
            return Task.CompletedTask;
        });
        var probe = new V1Probe { HttpGet = new V1HTTPGetAction { Port = PortOf(server) } };

        (await RunAsync(probe)).ShouldBeNull();
        (await RunAsync(probe)).ShouldBeNull();
    }

    /// <returns>Why the probe has failed; null if it has not.</returns>
    private static async Task<string?> RunAsync(V1Probe probe)
    {
        var (outcome, message) = await new ProbeAction(new HollowRuntime(1, TimeProvider.System)).RunAsync(
            probe, TestPods.Container("main", ""), "id", "127.0.0.1", TestContext.Current.CancellationToken);
        return outcome == ProbeOutcome.Success ? null : message;
    }

    private static async Task<WebApplication> ServerAsync(HttpProtocols protocols, Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = protocols));
        var server = builder.Build();
        server.Run(context => answer(context));
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    private static int PortOf(WebApplication server) =>
        new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;

    private async Task<TestNode> StartAsync(RuntimeKind runtime)
    {
        if (runtime == RuntimeKind.Docker)
            docker.SkipIfAbsent();
        return await TestNode.StartAsync(runtime);
    }

    private static string ImageOf(RuntimeKind runtime) => runtime == RuntimeKind.Docker ? DockerMachine.Image : "test/busybox:1";

    /// <summary>A pod with a place for notes in <c>$NOTES</c> and for its last message in <c>$MESSAGE</c>.</summary>
    private static V1Pod Shell(string name, string script, RuntimeKind runtime)
    {
        var pod = TestPods.Shell(name, script, image: ImageOf(runtime));
        pod.Spec.Volumes = [new V1Volume { Name = "notes", EmptyDir = new V1EmptyDirVolumeSource() }];
        var container = pod.Spec.Containers[0];
        container.TerminationMessagePath = "/dev/termination-log";
        container.VolumeMounts = [new V1VolumeMount { Name = "notes", MountPath = "/notes" }];
        container.Command = Command(script, runtime);
        return pod;
    }

    private static string[] Command(string script, RuntimeKind runtime)
    {
        var (notes, message) = runtime == RuntimeKind.Process ? ("$VOLUME_NOTES/notes", "$TERMINATION_MESSAGE_FILE") : ("/notes/notes", "/dev/termination-log");
        return ["/bin/sh", "-c", script.Replace("$NOTES", notes, StringComparison.Ordinal).Replace("$MESSAGE", message, StringComparison.Ordinal)];
    }

    private static V1Pod Ended(string name, string script, string policy, RuntimeKind runtime)
    {
        var pod = Shell(name, script, runtime);
        pod.Spec.RestartPolicy = "Never";
        pod.Spec.Containers[0].TerminationMessagePolicy = policy;
        return pod;
    }

    private static V1Probe Probe(string script, RuntimeKind runtime) => new()
    {
        Exec = new V1ExecAction { Command = Command(script, runtime) },
        PeriodSeconds = 1,
        FailureThreshold = 1,
        SuccessThreshold = 1,
        TimeoutSeconds = 5,
    };

    private static async Task ExecAsync(TestNode node, V1Pod pod, string[] command)
    {
        var id = TestPods.Status(pod)!.ContainerID;
        var result = await node.Agent.Runtime.ExecAsync(id[(id.IndexOf("://", StringComparison.Ordinal) + 3)..], command, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        result.ExitCode.ShouldBe(0, result.Output);
    }

    private static async Task<string?> MessageOfAsync(TestNode node, string name)
    {
        var pod = await node.PodAsync(name, p => p.Status.Phase is "Succeeded" or "Failed", "it has ended", 60);
        return TestPods.Status(pod)!.State.Terminated.Message;
    }

    private static IReadOnlyList<Corev1Event> EventsOf(TestNode node) => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/");
}
