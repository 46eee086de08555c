using k8s.Models;
using OrleansOrchestrator.Node.Api;

namespace OrleansOrchestrator.Node.Tests;

public sealed class ApiServersTests
{
    private static readonly Uri First = new("https://10.0.0.1:6443");
    private static readonly Uri Second = new("https://10.0.0.2:6443");
    private static readonly Uri Third = new("https://10.0.0.3:7443");

    [Fact]
    public void Endpoints_Learned_FollowTheConfiguredServer()
    {
        var servers = new ApiServers(First);

        servers.Upsert(Endpoints((6443, ["10.0.0.2", "10.0.0.1"]), (7443, ["10.0.0.3"])));

        servers.InTurn.ShouldBe([First, Second, Third]);
    }

    [Fact]
    public void Server_ThatFails_IsLeftWithItsWatches()
    {
        var servers = new ApiServers(First);
        servers.Upsert(Endpoints((6443, ["10.0.0.2"])));
        var (followed, moved) = servers.Follow();

        servers.MoveFrom(followed).ShouldBeTrue();

        servers.Current.ShouldBe(Second);
        moved.IsCancellationRequested.ShouldBeTrue();
        servers.MoveFrom(followed).ShouldBeTrue("somebody else has seen it fail before");
        servers.Current.ShouldBe(Second);
    }

    [Fact]
    public void Server_ThatIsTheOnlyOne_IsKept()
    {
        var servers = new ApiServers(First);

        servers.MoveFrom(First).ShouldBeFalse();

        servers.Current.ShouldBe(First);
    }

    [Fact]
    public void Endpoints_DaemonRestarted_AreKnownWithoutTheApi()
    {
        var file = Path.GetTempFileName();
        var before = new ApiServers(First);
        before.KeepIn(file);
        before.Upsert(Endpoints((6443, ["10.0.0.2"])));
        before.Upsert(Endpoints());

        var servers = new ApiServers(First);
        servers.KeepIn(file);

        servers.InTurn.ShouldBe([First, Second]);
        File.Delete(file);
    }

    private static V1Endpoints Endpoints(params (int Port, string[] Addresses)[] subsets) => new()
    {
        Metadata = new V1ObjectMeta { Name = "kubernetes", NamespaceProperty = "default" },
        Subsets = [.. subsets.Select(subset => new V1EndpointSubset
        {
            Addresses = [.. subset.Addresses.Select(address => new V1EndpointAddress { Ip = address })],
            Ports = [new Corev1EndpointPort { Name = "https", Port = subset.Port }],
        })],
    };
}
