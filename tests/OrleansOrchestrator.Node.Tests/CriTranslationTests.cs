using OrleansOrchestrator.Node.Runtime.Containerd;
using Cri = OrleansOrchestrator.Node.Runtime.Containerd.Cri;

namespace OrleansOrchestrator.Node.Tests;

public sealed class CriTranslationTests
{
    private static readonly Cri.PodSandbox Sandbox = new() { Id = "s1", Metadata = new Cri.PodSandboxMetadata { Uid = "p", Name = "p", Namespace = "default" } };

    [Fact]
    public void Sandbox_OfTwoFamilies_HasBothAddresses()
    {
        var status = new Cri.PodSandboxStatus { Network = new Cri.PodSandboxNetworkStatus { Ip = "10.244.1.2", AdditionalIps = { new Cri.PodIP { Ip = "fd00::2" } } } };

        var sandbox = CriTranslation.ToSandbox(Sandbox, status, []);

        (sandbox.Ip, string.Join(' ', sandbox.MoreIps)).ShouldBe(("10.244.1.2", "fd00::2"));
    }

    [Fact]
    public void Sandbox_OnTheNetworkOfItsHost_HasNone()
    {
        var host = new Cri.LinuxPodSandboxStatus { Namespaces = new Cri.Namespace { Options = new Cri.NamespaceOption { Network = Cri.NamespaceMode.Node } } };

        CriTranslation.ToSandbox(Sandbox, new Cri.PodSandboxStatus { Linux = host }, []).Ip.ShouldBeNull();
        CriTranslation.ToSandbox(Sandbox, null, []).Ip.ShouldBe("", "it has ended");
    }
}
