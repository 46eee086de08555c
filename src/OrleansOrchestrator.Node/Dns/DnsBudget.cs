namespace OrleansOrchestrator.Node.Dns;

/// <summary>Bounds what the DNS server holds for its clients.</summary>
/// <param name="questionsMax">The most queries over UDP that wait for upstream servers.</param>
/// <param name="connectionsMax">The most connections over TCP.</param>
internal sealed class DnsBudget(int questionsMax, int connectionsMax)
{
    /// <summary>The queries over UDP that wait for upstream servers.</summary>
    public ClientBudget Questions { get; } = new(questionsMax);

    /// <summary>The open connections.</summary>
    public ClientBudget Connections { get; } = new(connectionsMax);
}
