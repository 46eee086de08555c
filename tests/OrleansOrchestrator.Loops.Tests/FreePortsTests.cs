using System.Globalization;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Loops.Tests;

public sealed class FreePortsTests
{
    private const string RangeOfConnections = "/proc/sys/net/ipv4/ip_local_port_range";

    [Fact]
    public void Take_ManyPorts_AreDifferentAndNoConnectionGetsThem()
    {
        Assert.SkipUnless(File.Exists(RangeOfConnections), "Only Linux says which ports connections get.");
        var lowest = int.Parse(File.ReadAllText(RangeOfConnections).Split('\t')[0], CultureInfo.InvariantCulture);

        var ports = FreePorts.Take(100);

        ports.Distinct().Count().ShouldBe(100);
        ports.Max().ShouldBeLessThan(lowest);
    }
}
