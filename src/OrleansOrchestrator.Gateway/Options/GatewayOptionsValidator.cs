using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Options;

/// <summary>Finds all faults of the gateway's options at once.</summary>
public static class GatewayOptionsValidator
{
    /// <summary>The faults, one line each; empty if there are none.</summary>
    public static IReadOnlyList<string> Validate(GatewayOptions options)
    {
        var faults = new OptionFaults();
        faults.Between(options.Port, 0, ushort.MaxValue);
        faults.AtLeast(options.RequestBodyBytesMax, 1024);
        faults.AtLeastOne(options.UnreadBodySecondsMax);
        faults.AtLeastOne(options.RequestSecondsMax);
        faults.AtLeastOne(options.RequestHeadersSecondsMax);
        faults.AtLeast(options.RequestHeadersBytesMax, 8 * 1024);
        faults.AtLeastOne(options.ReadsInFlightPerUserMax);
        faults.AtLeastOne(options.WritesInFlightPerUserMax);
        faults.AtLeastOne(options.StreamsPerUserMax);
        faults.AtLeast(options.LargeListObjects, 0);
        faults.AtLeast(options.LargeListBytes, 0);
        faults.AtLeastOne(options.LargeListSeats);
        faults.AtLeastOne(options.LargeListsPerUserMax);
        faults.AtLeastOne(options.RetryAfterSeconds);
        faults.AtLeastOne(options.WatchSecondsMin);
        faults.AtLeast(options.WatchSecondsMax, options.WatchSecondsMin);
        faults.AtLeastOne(options.Http2StreamsPerConnectionMax);
        faults.AtLeastOne(options.ConnectionsMax);
        faults.AtLeastOne(options.NodeConnectSecondsMax);
        faults.AtLeastOne(options.NodeHandshakeSecondsMax);
        faults.AtLeastOne(options.NodeIdleSecondsMax);
        faults.AtLeastOne(options.NodePingSeconds);
        faults.AtLeastOne(options.NodeTunnelsIdleMax);
        faults.AtLeastOne(options.StreamPingSeconds);
        return faults.All;
    }
}
