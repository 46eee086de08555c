namespace OrleansOrchestrator.Gateway.Hosting;

/// <summary>Finds all faults of the gateway's options at once.</summary>
public static class GatewayOptionsValidator
{
    /// <summary>The faults, one line each; empty if there are none.</summary>
    public static IReadOnlyList<string> Validate(GatewayOptions options)
    {
        var faults = new List<string>();
        if (options.Port is < 0 or > ushort.MaxValue)
            faults.Add($"{nameof(options.Port)} must be between 0 and 65535, but is {options.Port}");
        AtLeast(options.RequestBodyBytesMax, 1024, nameof(options.RequestBodyBytesMax), faults);
        AtLeast(options.UnreadBodySecondsMax, 1, nameof(options.UnreadBodySecondsMax), faults);
        AtLeast(options.RequestSecondsMax, 1, nameof(options.RequestSecondsMax), faults);
        AtLeast(options.RequestHeadersSecondsMax, 1, nameof(options.RequestHeadersSecondsMax), faults);
        AtLeast(options.RequestHeadersBytesMax, 8 * 1024, nameof(options.RequestHeadersBytesMax), faults);
        AtLeast(options.ReadsInFlightPerUserMax, 1, nameof(options.ReadsInFlightPerUserMax), faults);
        AtLeast(options.WritesInFlightPerUserMax, 1, nameof(options.WritesInFlightPerUserMax), faults);
        AtLeast(options.StreamsPerUserMax, 1, nameof(options.StreamsPerUserMax), faults);
        AtLeast(options.LargeListObjects, 0, nameof(options.LargeListObjects), faults);
        AtLeast(options.LargeListBytes, 0, nameof(options.LargeListBytes), faults);
        AtLeast(options.LargeListSeats, 1, nameof(options.LargeListSeats), faults);
        AtLeast(options.LargeListsPerUserMax, 1, nameof(options.LargeListsPerUserMax), faults);
        AtLeast(options.RetryAfterSeconds, 1, nameof(options.RetryAfterSeconds), faults);
        AtLeast(options.WatchSecondsMin, 1, nameof(options.WatchSecondsMin), faults);
        AtLeast(options.WatchSecondsMax, options.WatchSecondsMin, nameof(options.WatchSecondsMax), faults);
        AtLeast(options.Http2StreamsPerConnectionMax, 1, nameof(options.Http2StreamsPerConnectionMax), faults);
        AtLeast(options.ConnectionsMax, 1, nameof(options.ConnectionsMax), faults);
        AtLeast(options.NodeConnectSecondsMax, 1, nameof(options.NodeConnectSecondsMax), faults);
        return faults;
    }

    private static void AtLeast(int value, int least, string name, List<string> faults)
    {
        if (value < least)
            faults.Add($"{name} must be at least {least}, but is {value}");
    }
}
