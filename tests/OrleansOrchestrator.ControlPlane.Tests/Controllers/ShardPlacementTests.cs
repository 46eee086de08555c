using System.Net;
using OrleansOrchestrator.ControlPlane.Controllers;

namespace OrleansOrchestrator.ControlPlane.Tests.Controllers;

public sealed class ShardPlacementTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(1, 3).Select(i => SiloAddress.New(IPAddress.Loopback, 1000 + i, i))];

    [Fact]
    public void Choose_ShardsOfOneController_AreSpreadEvenly()
    {
        var chosen = Enumerable.Range(0, 6).Select(number => ShardPlacement.Choose($"replication-controller/{number}", Silos));

        chosen.CountBy(silo => silo).Select(silo => silo.Value).ShouldBe([2, 2, 2]);
    }

    [Fact]
    public void Choose_SilosInAnotherOrder_IsTheSame() =>
        ShardPlacement.Choose("endpoint-controller/1", [.. Silos.Reverse()]).ShouldBe(ShardPlacement.Choose("endpoint-controller/1", Silos));

    [Fact]
    public void StableHash_OfAText_IsTheSameInEveryProcess() => ShardPlacement.StableHash("web", ShardPlacement.StableHash("default")).ShouldBe(3_158_739_800u);

    [Fact]
    public void Parse_KeyOfAShard_IsItsControllerAndNumber() => ShardPlacement.Parse("replication-controller/12").ShouldBe(("replication-controller", 12u));
}
