namespace OrleansOrchestrator.Node.Dns;

/// <summary>Bounds what the DNS server holds for its clients. Safe for concurrent use.</summary>
/// <param name="questionsMax">The most queries over UDP that wait for upstream servers.</param>
/// <param name="connectionsMax">The most connections over TCP.</param>
internal sealed class DnsBudget(int questionsMax, int connectionsMax)
{
    private int _questions;
    private int _connections;

    /// <summary>The open connections.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public bool TryTakeQuestion() => TryTake(ref _questions, questionsMax);

    public void GiveQuestionBack() => Interlocked.Decrement(ref _questions);

    public bool TryTakeConnection() => TryTake(ref _connections, connectionsMax);

    public void GiveConnectionBack() => Interlocked.Decrement(ref _connections);

    private static bool TryTake(ref int count, int max)
    {
        if (Interlocked.Increment(ref count) <= max)
            return true;
        Interlocked.Decrement(ref count);
        return false;
    }
}
