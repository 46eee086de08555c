using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.Model.Names;

namespace OrleansOrchestrator.Controllers.Tests.NodeAddressing;

public sealed class NodeAddressingOptionsTests
{
    [Theory]
    [InlineData("10.244.0.0/16", 24, 64, 256, "10.244.0.0/24", "10.244.255.0/24")]
    [InlineData("10.244.0.0/16", 16, 64, 1, "10.244.0.0/16", "10.244.0.0/16")]
    [InlineData("10.0.0.0/8", 24, 64, 65_536, "10.0.0.0/24", "10.255.255.0/24")]
    [InlineData("fd00:10:244::/56", 24, 64, 256, "fd00:10:244::/64", "fd00:10:244:ff::/64")]
    public void Pool_OfAClusterRange_IsCutIntoRangesOfNodes(string cluster, int mask4, int mask6, int count, string first, string last)
    {
        var options = new NodeAddressingOptions { ClusterCidr = cluster, NodeCidrMaskSizeIPv4 = mask4, NodeCidrMaskSizeIPv6 = mask6 };
        options.Faults("10.96.0.0/16").ShouldBe(cluster == "10.0.0.0/8" ? ["ClusterCidr must have no addresses of services, but 10.0.0.0/8 overlaps 10.96.0.0/16."] : []);
        var pool = options.Pools().ShouldHaveSingleItem();

        (pool.Count, pool.At(0).ToString(), pool.At(count - 1).ToString()).ShouldBe((count, first, last));
    }

    [Fact]
    public void Pools_OfTwoFamilies_ComeInTheOrderOfTheOption()
    {
        var options = new NodeAddressingOptions { ClusterCidr = "fd00:10:244::/56, 10.244.0.0/16" };
        options.Faults().ShouldBeEmpty();
        options.Pools().Select(pool => pool.Network.ToString()).ShouldBe(["fd00:10:244::/56", "10.244.0.0/16"]);
    }

    [Fact]
    public void Ranges_OfAPool_DoNotOverlap()
    {
        var pool = new NodeAddressingOptions { ClusterCidr = "10.244.0.0/24", NodeCidrMaskSizeIPv4 = 28 }.Pools().Single();
        var ranges = Enumerable.Range(0, pool.Count).Select(pool.At).ToList();
        ranges.ShouldAllBe(range => pool.Network.Contains(range.BaseAddress));
        foreach (var range in ranges)
            ranges.Where(other => !other.Equals(range)).ShouldAllBe(other => !other.Overlaps(range));
    }

    [Theory]
    [InlineData("10.244.0.1/16", 24, 64, "ClusterCidr must be address ranges such as 10.244.0.0/16, but has 10.244.0.1/16.")]
    [InlineData("10.244.0.0/16,10.245.0.0/16", 24, 64, "ClusterCidr may have one range of each family, but is 10.244.0.0/16,10.245.0.0/16.")]
    [InlineData("10.244.0.0/16", 8, 64, "NodeCidrMaskSizeIPv4 must be between 16 and 32 for 10.244.0.0/16, but is 8.")]
    [InlineData("fd00::/32", 24, 64, "NodeCidrMaskSizeIPv6 must be between 32 and 48 for fd00::/32, but is 64.")]
    [InlineData("10.244.0.0/16", 0, 200, "NodeCidrMaskSizeIPv4 must be between 1 and 30, but is 0.|NodeCidrMaskSizeIPv6 must be between 1 and 126, but is 200.")]
    public void Options_ThatDoNotGoTogether_AreFaults(string cluster, int mask4, int mask6, string faults) =>
        new NodeAddressingOptions { ClusterCidr = cluster, NodeCidrMaskSizeIPv4 = mask4, NodeCidrMaskSizeIPv6 = mask6 }.Faults("10.96.0.0/16").ShouldBe(faults.Split('|'));

    [Fact]
    public void Options_WithoutARange_AreOff()
    {
        var options = new NodeAddressingOptions();
        (options.IsOn, options.Faults().Count, options.Pools().Count).ShouldBe((false, 0, 0));
    }
}
