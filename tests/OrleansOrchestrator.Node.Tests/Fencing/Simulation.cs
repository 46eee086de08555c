namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>Events in the order of their times, and chance by a seed.</summary>
internal class Simulation(int seed)
{
    private const long EventsMax = 1_000_000;

    private readonly PriorityQueue<Action, (double Time, long Number)> _events = new();
    private long _count;
    private long _done;

    /// <summary>The true time, in seconds.</summary>
    public double Now { get; private set; }

    public Random Random { get; } = new(seed);

    public void After(double seconds, Action action) => _events.Enqueue(action, (Now + Math.Max(seconds, 0), _count++));

    /// <summary>Does something again and again: it returns after how many seconds next, or null to end.</summary>
    public void Every(double first, Func<double?> step) => After(first, () =>
    {
        if (step() is { } next)
            Every(next, step);
    });

    /// <summary>Does something as soon as a condition holds.</summary>
    public void When(Func<bool> condition, Action action) => Every(0, () =>
    {
        if (!condition())
            return 0.02;
        action();
        return null;
    });

    public void RunUntil(double end)
    {
        while (_events.TryPeek(out _, out var due) && due.Time <= end)
        {
            if (++_done > EventsMax)
                throw new InvalidOperationException($"the simulation does not get beyond {Now} s");
            var action = _events.Dequeue();
            Now = due.Time;
            action();
        }

        Now = end;
    }

    public double Between(double low, double high) => low + (Random.NextDouble() * (high - low));

    public bool Chance(double probability) => Random.NextDouble() < probability;
}
