using OrleansOrchestrator.Node.Proxy;

namespace OrleansOrchestrator.Node.Tests;

/// <summary>The range of service addresses, which belongs to the machine and not to one of its daemons.</summary>
public sealed class ServiceRangeTests
{
    // Reserved for tests between networks (RFC 2544), so that it collides with nothing.
    private const string Range = "198.19.77.0/24";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Range_OfTwoDaemons_StaysLocalUntilTheLastEnds()
    {
        var (first, second) = (ServiceProxyAddressing.MetricOf(7), ServiceProxyAddressing.MetricOf(8));
        Assert.SkipUnless(await ServiceProxyAddressing.TryMakeLocalAsync(Range, first, Token), "routes cannot be changed here");
        (await ServiceProxyAddressing.TryMakeLocalAsync(Range, second, Token)).ShouldBeTrue();
        (await ServiceProxyAddressing.TryMakeLocalAsync(Range, second, Token)).ShouldBeTrue("a daemon that was killed starts again");

        await ServiceProxyAddressing.RemoveAsync(Range, first, Token);
        (await ServiceProxyAddressing.IsLocalAsync(Range, Token)).ShouldBeTrue();

        await ServiceProxyAddressing.RemoveAsync(Range, second, Token);
        (await ServiceProxyAddressing.IsLocalAsync(Range, Token)).ShouldBeFalse();
    }
}
