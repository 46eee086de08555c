namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>One direction of the network. Messages overtake each other, and those that are under way arrive whatever happens to the link.</summary>
internal sealed class SimulatedLink(FencingWorld world)
{
    /// <summary>Whether what is sent now is lost.</summary>
    public bool IsCut { get; set; }

    /// <summary>How long what is sent now takes, in seconds; null for the world's chance.</summary>
    public double? Delay { get; set; }

    /// <summary>Sends a message.</summary>
    /// <returns>How long it takes; nothing for one that is lost.</returns>
    public double? Send(Action arrive)
    {
        if (IsCut)
            return null;
        var delay = Delay ?? world.Latency();
        world.After(delay, arrive);
        return delay;
    }
}
