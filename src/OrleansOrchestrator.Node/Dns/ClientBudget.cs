using System.Collections.Concurrent;
using System.Net;

namespace OrleansOrchestrator.Node.Dns;

/// <summary>Places that clients share. No address has more than half of them, so that others get some. Safe for concurrent use.</summary>
/// <param name="max">The most places.</param>
internal sealed class ClientBudget(int max)
{
    private readonly ConcurrentDictionary<IPAddress, int> _byClient = new();
    private readonly int _ownMax = Math.Max(1, max / 2);
    private int _taken;

    /// <summary>The places that are taken.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>Takes a place for a client.</summary>
    /// <returns>Whether there was one for it.</returns>
    public bool TryTake(IPAddress client)
    {
        if (Interlocked.Increment(ref _taken) > max)
        {
            Interlocked.Decrement(ref _taken);
            return false;
        }

        if (_byClient.AddOrUpdate(client, 1, static (_, own) => own + 1) <= _ownMax)
            return true;
        Return(client);
        return false;
    }

    /// <summary>Gives a client's place back.</summary>
    public void Return(IPAddress client)
    {
        if (_byClient.AddOrUpdate(client, 0, static (_, own) => own - 1) == 0)
            _byClient.TryRemove(KeyValuePair.Create(client, 0));
        Interlocked.Decrement(ref _taken);
    }
}
