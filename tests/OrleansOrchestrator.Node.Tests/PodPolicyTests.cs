using k8s.Models;
using OrleansOrchestrator.Node.Configuration;
using OrleansOrchestrator.Node.Planning;
using OrleansOrchestrator.Node.Pods;
using OrleansOrchestrator.Node.Runtime;
using OrleansOrchestrator.Node.Tests.Fakes;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>What a node does not run, and in which words it says so.</summary>
public sealed class PodPolicyTests
{
    [Theory]
    [InlineData("net.ipv4.tcp_syncookies", false, null)]
    [InlineData("net/ipv4/tcp_syncookies", false, null)]
    [InlineData("kernel.shm_rmid_forced", true, null)]
    [InlineData("net.ipv4.tcp_syncookies", true, "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host net enabled")]
    [InlineData("kernel.msgmax", false, "forbidden sysctl: \"kernel.msgmax\" not allowlisted")]
    [InlineData("net.core.somaxconn", false, "forbidden sysctl: \"net.core.somaxconn\" not allowlisted")]
    [InlineData("vm.overcommit_memory", false, "forbidden sysctl: \"vm.overcommit_memory\" not allowlisted")]
    [InlineData("../../etc/passwd", false, "forbidden sysctl: \"../../etc/passwd\" not allowlisted")]
    public void Sysctl_OfAPod_IsRefusedUnlessItIsSafe(string name, bool hostNetwork, string? why)
    {
        var pod = TestPods.Shell("a", "true");
        pod.Spec.HostNetwork = hostNetwork;
        pod.Spec.SecurityContext = new V1PodSecurityContext { Sysctls = [new V1Sysctl { Name = name, Value = "1" }] };

        var refusal = SysctlPolicy.Refuse(pod);

        refusal.ShouldBe(why is null ? null : new PodFailure("SysctlForbidden", $"Pod was rejected: {why}", why));
    }

    [Theory]
    [InlineData(null, null, "", "container has runAsNonRoot and image will run as root")]
    [InlineData(null, null, "0:1000", "container has runAsNonRoot and image will run as root")]
    [InlineData(null, null, "nginx:nginx", "container has runAsNonRoot and image has non-numeric user (nginx), cannot verify user is non-root")]
    [InlineData(null, null, "1000:0", null)]
    [InlineData(0L, null, "1000", "container's runAsUser breaks non-root policy")]
    [InlineData(1000L, null, "", null)]
    [InlineData(1000L, 0L, "", "container's runAsUser breaks non-root policy")]
    [InlineData(0L, 1000L, "", null)]
    public void RunAsNonRoot_OfAPod_IsEnforced(long? podUser, long? containerUser, string imageUser, string? why)
    {
        var pod = TestPods.Shell("a", "true");
        pod.Metadata.Uid = "u";
        pod.Spec.SecurityContext = new V1PodSecurityContext { RunAsNonRoot = true, RunAsUser = podUser };
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { RunAsUser = containerUser };

        Exception? thrown = null;
        try
        {
            NonRootPolicy.Verify(pod, pod.Spec.Containers[0], imageUser);
        }
        catch (ConfigurationException exception)
        {
            thrown = exception;
        }

        thrown?.Message.ShouldBe($"{why} (pod: \"a_default(u)\", container: main)");
        (thrown is null).ShouldBe(why is null);
    }

    [Theory]
    [InlineData("container", "Localhost", true)]
    [InlineData("container", "RuntimeDefault", true)]
    [InlineData("container", "Unconfined", false)]
    [InlineData("pod", "RuntimeDefault", true)]
    [InlineData("annotation", "runtime/default", true)]
    [InlineData("annotation", "unconfined", false)]
    public void AppArmor_OfAPodOnProcesses_IsNotLeftOutSilently(string place, string type, bool isRefused)
    {
        var pod = TestPods.Shell("a", "true");
        var profile = new V1AppArmorProfile { Type = type };
        switch (place)
        {
            case "container":
                pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { AppArmorProfile = profile };
                break;
            case "pod":
                pod.Spec.SecurityContext = new V1PodSecurityContext { AppArmorProfile = profile };
                break;
            default:
                pod.Metadata.Annotations = new Dictionary<string, string> { ["container.apparmor.security.beta.kubernetes.io/main"] = type };
                break;
        }

        var processes = StubRuntime.With(new Dictionary<string, Func<object?[], object?>>
        {
            [nameof(IContainerRuntime.StartsInstantly)] = _ => false,
            [nameof(IContainerRuntime.HasImages)] = _ => false,
        });

        var why = "this node runs pods as processes of the host, and has no means for spec.containers[0].securityContext.appArmorProfile";
        UnsupportedFields.Refuse(pod, processes).ShouldBe(isRefused ? new PodFailure("UnsupportedFields", $"Pod was rejected: {why}", why) : null);
    }

    [Fact]
    public void RunAsNonRoot_OfTheContainer_WinsOverThePods()
    {
        var pod = TestPods.Shell("a", "true");
        pod.Spec.SecurityContext = new V1PodSecurityContext { RunAsNonRoot = true };
        pod.Spec.Containers[0].SecurityContext = new V1SecurityContext { RunAsNonRoot = false };

        Should.NotThrow(() => NonRootPolicy.Verify(pod, pod.Spec.Containers[0], "root"));
    }
}
