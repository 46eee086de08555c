using System.Text;
using k8s.Models;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Node.Tests.Fakes;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What a pod says in its spec, seen from inside its containers on a real engine.</summary>
public sealed class PodFieldTests(DockerMachine docker)
{
    [Fact]
    public async Task Volumes_OfEveryKind_AreSeenAsThePodSays()
    {
        docker.SkipIfAbsent();
        string folder;
        await using (var node = await TestNode.StartAsync(RuntimeKind.Docker))
        {
            folder = node.Options.DataDirectory;
            var pod = Pod("""
                mount | busybox grep ' /memory ' | busybox cut -d ' ' -f 5; stat -c '%A %g' /memory; dd if=/dev/zero of=/memory/x bs=64k count=100 2>/dev/null; ls -l /memory/x | busybox awk '{print $5}'
                stat -c '%A %g' /scratch; cat /token/own; echo; cat /token/other; echo; stat -L -c '%a %u %g' /token/own
                mount | busybox grep ' /token ' | busybox cut -d ' ' -f 5; { echo x >/token/x; } 2>/dev/null || echo read-only
                ls /image/bin/busybox; { echo x >/image/x; } 2>/dev/null || echo read-only
                """);
            pod.Spec.SecurityContext = new V1PodSecurityContext { FsGroup = 2345, RunAsUser = 1234, SupplementalGroups = [77] };
            Mount(pod, "/memory", new V1Volume { EmptyDir = new V1EmptyDirVolumeSource { Medium = "Memory", SizeLimit = new ResourceQuantity("1Mi") } });
            Mount(pod, "/scratch", new V1Volume { EmptyDir = new V1EmptyDirVolumeSource() });
            Mount(pod, "/image", new V1Volume { Image = new V1ImageVolumeSource { Reference = DockerMachine.Image, PullPolicy = "IfNotPresent" } });
            Mount(pod, "/token", new V1Volume
            {
                Projected = new V1ProjectedVolumeSource
                {
                    Sources =
                    [
                        new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { Path = "own", ExpirationSeconds = 3600 } },
                        new V1VolumeProjection { ServiceAccountToken = new V1ServiceAccountTokenProjection { Path = "other", Audience = "vault", ExpirationSeconds = 3600 } },
                    ],
                },
            });

            var seen = (await OutputAsync(node, pod)).Split('\n');

            seen.ShouldBe(
            [
                "tmpfs", "drwxrwsrwx 2345", "1048576", "drwxrwsrwx 2345", "token-1 for ", "token-2 for vault", "640 1234 2345", "tmpfs", "read-only", "/image/bin/busybox", "read-only", "done",
            ]);
        }

        File.ReadAllText("/proc/self/mountinfo").ShouldNotContain(folder);
    }

    [Theory]
    [InlineData("nothing", "Seccomp:0 NoNewPrivs:0 procs:1")]
    [InlineData("runtime default", "Seccomp:2 NoNewPrivs:1 procs:1")]
    [InlineData("profile", "Seccomp:2 NoNewPrivs:0 procs:1")]
    [InlineData("shared processes", "Seccomp:0 NoNewPrivs:0 procs:3")]
    public async Task Security_OfAContainer_IsAsThePodSays(string what, string expected)
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        // The first processes of containers have no parent that they see.
        var pod = Pod("""
            echo $(busybox awk '/^(Seccomp|NoNewPrivs):/ {print $1 $2}' /proc/self/status | busybox sort -r) procs:$(busybox awk '/^PPid:.0$/ {n++} END {print n}' /proc/[0-9]*/status)
            """);
        switch (what)
        {
            case "runtime default":
                pod.Spec.SecurityContext = new V1PodSecurityContext { SeccompProfile = new V1SeccompProfile { Type = "RuntimeDefault" } };
                pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { AllowPrivilegeEscalation = false };
                break;
            case "profile":
                Directory.CreateDirectory(Path.Combine(node.Options.DataDirectory, "seccomp"));
                await File.WriteAllTextAsync(Path.Combine(node.Options.DataDirectory, "seccomp", "all.json"), """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["acct"],"action":"SCMP_ACT_ERRNO"}]}""", TestContext.Current.CancellationToken);
                pod.Spec.SecurityContext = new V1PodSecurityContext { SeccompProfile = new V1SeccompProfile { Type = "Localhost", LocalhostProfile = "all.json" } };
                break;
            case "shared processes":
                pod.Spec.ShareProcessNamespace = true;
                pod.Spec.Containers.Add(TestPods.Container("other", "sleep 1000", DockerMachine.Image));
                pod.Spec.Containers = [.. pod.Spec.Containers.Reverse()];
                break;
        }

        (await OutputAsync(node, pod)).ShouldStartWith(expected);
    }

    [Fact]
    public async Task Names_OfAPod_AreThoseThatItSays()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker, options => options with { ClusterDns = ["10.96.0.10"] });
        var pod = Pod("hostname; cat /etc/resolv.conf");
        pod.Spec.Hostname = "web";
        pod.Spec.Subdomain = "site";
        pod.Spec.SetHostnameAsFQDN = true;
        pod.Spec.DnsPolicy = "None";
        pod.Spec.DnsConfig = new V1PodDNSConfig { Nameservers = ["192.0.2.1"], Searches = ["a.test", "b.test"], Options = [new V1PodDNSConfigOption { Name = "ndots", Value = "2" }, new V1PodDNSConfigOption { Name = "edns0" }] };

        (await OutputAsync(node, pod)).ShouldBe("web.site.default.svc.cluster.local\nsearch a.test b.test\nnameserver 192.0.2.1\noptions ndots:2 edns0\ndone");

        var onHost = Pod("cat /etc/hosts", "host");
        onHost.Spec.HostNetwork = true;
        onHost.Spec.HostAliases = [new V1HostAlias { Ip = "192.0.2.7", Hostnames = ["one", "two"] }];
        var hosts = await OutputAsync(node, onHost);
        hosts.ShouldStartWith("# Kubernetes-managed hosts file (host network).\n");
        hosts.ShouldContain("192.0.2.7\tone\ttwo\n");
    }

    [Fact]
    public async Task RuntimeClass_OfAPod_ChoosesTheEnginesRuntimeOrHoldsItUp()
    {
        docker.SkipIfAbsent();
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        node.Api.Put("apis/node.k8s.io/v1/runtimeclasses/good", new V1RuntimeClass { Metadata = new V1ObjectMeta { Name = "good" }, Handler = "runc" });
        node.Api.Put("apis/node.k8s.io/v1/runtimeclasses/bad", new V1RuntimeClass { Metadata = new V1ObjectMeta { Name = "bad" }, Handler = "no-such-runtime" });
        foreach (var name in new[] { "bad", "none" })
        {
            var held = Pod("true", name);
            held.Spec.RuntimeClassName = name;
            node.Put(held);
        }

        var good = Pod("true", "good");
        good.Spec.RuntimeClassName = "good";
        await OutputAsync(node, good);

        await Eventually.HoldsAsync(() => Failures(node).Any(message => message.Contains("no-such-runtime", StringComparison.Ordinal)), "the unknown handler is told");
        await Eventually.HoldsAsync(() => Failures(node).Contains("Failed to create pod sandbox: failed to get sandbox runtime: RuntimeClass.node.k8s.io \"none\" not found"), "the missing class is told");
    }

    [Fact]
    public async Task Pod_ThatAsksForWhatProcessesCannotHave_IsRejectedWithEachField()
    {
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        var pod = TestPods.Shell("a", "true");
        pod.Spec.HostAliases = [new V1HostAlias { Ip = "192.0.2.7", Hostnames = ["one"] }];
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { ReadOnlyRootFilesystem = true };
        node.Put(pod);

        var rejected = await node.PodAsync("a", p => p.Status.Phase == "Failed", "it is rejected");
        (rejected.Status.Reason, rejected.Status.Message).ShouldBe(("UnsupportedFields",
            "Pod was rejected: this node runs pods as processes of the host, and has no means for spec.hostAliases, spec.containers[0].securityContext.readOnlyRootFilesystem"));
    }

    [Fact]
    public async Task Pod_WithPrivilegesOnTheProcessRuntime_HasThemAsItSays()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can change them.");
        await using var node = await TestNode.StartAsync(RuntimeKind.Process);
        var pod = TestPods.Shell("a", "id -G; awk '/^NoNewPrivs:/ {print $1 $2} /^CapBnd:/ {print $1 $2}' /proc/self/status; while :; do sleep 0.1; done");
        pod.Spec.SecurityContext = new V1PodSecurityContext { RunAsUser = 1234, SupplementalGroups = [77], FsGroup = 88 };
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { AllowPrivilegeEscalation = false, Capabilities = new V1Capabilities { Drop = ["ALL"] } };
        node.Put(pod);
        var running = await node.PodAsync("a", TestPods.IsReady, "it runs");

        await Eventually.HoldsAsync(async () => await node.LogAsync(running) == "1234 77 88\nCapBnd:0000000000000000\nNoNewPrivs:1\n", "it has what it says");
    }

    [Fact]
    public async Task Image_OfAPrivateRegistry_IsPulledWithThePodsSecretOrTheNodesCredentials()
    {
        docker.SkipIfAbsent();
        await using var registry = await FakeRegistry.StartAsync("user", "pass:word", await ImageArchive.BusyboxLayerAsync());
        await using var node = await TestNode.StartAsync(RuntimeKind.Docker);
        var without = Pod("true", "without");
        without.Spec.Containers[0].Image = registry.Image;
        node.Put(without);
        await node.PodAsync("without", p => TestPods.Status(p)?.State?.Waiting?.Reason is "ErrImagePull" or "ImagePullBackOff", "it is refused", 60);

        var auth = Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass:word"));
        node.Api.Put("api/v1/namespaces/default/secrets/pull", new V1Secret
        {
            Metadata = new V1ObjectMeta { Name = "pull", NamespaceProperty = "default" },
            Type = "kubernetes.io/dockerconfigjson",
            Data = new Dictionary<string, byte[]>
            {
                [".dockerconfigjson"] = Encoding.UTF8.GetBytes($$"""{"auths":{"{{registry.Host}}":{"auth":"wrong"},"https://{{registry.Host}}/v1/":{"auth":"{{auth}}"} } }""".Replace("\"wrong\"", $"\"{Convert.ToBase64String("user:wrong"u8)}\"", StringComparison.Ordinal)),
            },
        });
        var pod = Pod("echo pulled", "with");
        pod.Spec.Containers[0].Image = registry.Image;
        pod.Spec.ImagePullSecrets = [new V1LocalObjectReference { Name = "pull" }, new V1LocalObjectReference { Name = "missing" }];
        (await OutputAsync(node, pod)).ShouldStartWith("pulled");
        await Eventually.HoldsAsync(() => EventsOf(node).Any(e => e.Reason == "FailedToRetrieveImagePullSecret" && e.Message.Contains("(missing)", StringComparison.Ordinal)), "the missing one is told");
        await docker.Client.Images.DeleteImageAsync(registry.Image, new Docker.DotNet.Models.ImageDeleteParameters { Force = true }, CancellationToken.None);

        var config = Path.Combine(node.Options.DataDirectory, "config.json");
        await File.WriteAllTextAsync(config, $$"""{"auths":{"{{registry.Host}}":{"auth":"{{auth}}"} } }""", TestContext.Current.CancellationToken);
        var own = Pod("echo pulled", "own");
        own.Spec.Containers[0].Image = registry.Image;
        (await OutputAsync(node, own)).ShouldStartWith("pulled");
        await docker.Client.Images.DeleteImageAsync(registry.Image, new Docker.DotNet.Models.ImageDeleteParameters { Force = true }, CancellationToken.None);
    }

    /// <summary>What the first container writes before it ends.</summary>
    private static async Task<string> OutputAsync(TestNode node, V1Pod pod)
    {
        node.Put(pod);
        var ended = await node.PodAsync(pod.Metadata.Name, p => TestPods.Status(p)?.State?.Terminated is not null, "it has ended", 60);
        return TestPods.Status(ended)!.State.Terminated.Message;
    }

    private static V1Pod Pod(string script, string name = "a")
    {
        var pod = TestPods.Shell(name, $"{{ {script}\necho -n done; }} >/dev/termination-log 2>&1", "Never", DockerMachine.Image);
        pod.Spec.Containers[0].TerminationMessagePath = "/dev/termination-log";
        return pod;
    }

    private static void Mount(V1Pod pod, string path, V1Volume volume)
    {
        volume.Name = path[1..];
        (pod.Spec.Volumes ??= []).Add(volume);
        (pod.Spec.Containers[0].VolumeMounts ??= []).Add(new V1VolumeMount { Name = volume.Name, MountPath = path });
    }

    private static IEnumerable<string> Failures(TestNode node) => EventsOf(node).Where(e => e.Reason == "FailedCreatePodSandBox").Select(e => e.Message);

    private static IReadOnlyList<Corev1Event> EventsOf(TestNode node) => node.Api.List<Corev1Event>("api/v1/namespaces/default/events/");
}
