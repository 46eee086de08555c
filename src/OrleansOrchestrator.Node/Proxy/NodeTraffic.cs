namespace OrleansOrchestrator.Node.Proxy;

/// <summary>How this node looks at endpoints: policies and hints tell near ones from others.</summary>
/// <param name="Zone">The node's zone, empty without one; null where policies and hints do not count.</param>
internal readonly record struct NodeTraffic(string? Zone)
{
    /// <summary>
    /// All endpoints are alike. So it is in user space: one proxy serves all nodes of a machine, and clients' addresses are lost anyway.
    /// </summary>
    public static NodeTraffic Uniform => default;

    /// <summary>Whether policies and hints count.</summary>
    public bool KnowsPlaces => Zone is not null;
}
