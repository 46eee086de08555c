using OrleansOrchestrator.Consistency.Tests.Clusters;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Consistency.Tests.Faults;

/// <summary>A thing that goes wrong.</summary>
internal enum Fault
{
    /// <summary>A silo is killed and started again.</summary>
    KillSilo,

    /// <summary>The silo that owns the busiest store is killed and started again.</summary>
    KillOwner,

    /// <summary>A silo stands still for longer than its lease and the detection of its death, and goes on.</summary>
    PauseSilo,

    /// <summary>The same with the owner: when it goes on, two activations of its store exist, and it must find itself fenced.</summary>
    PauseOwner,

    /// <summary>The owner stands still for less than it takes to be declared dead.</summary>
    PauseOwnerBriefly,

    /// <summary>The database is stopped as an administrator does it, and started again.</summary>
    RestartDatabase,

    /// <summary>The database's postmaster is killed, and started again.</summary>
    KillDatabase,

    /// <summary>All database connections of a silo end.</summary>
    DropConnections,

    /// <summary>Nothing passes between a silo and the database for a while, and everything comes late.</summary>
    DelayConnections,

    /// <summary>All connections that other silos have made to a silo end.</summary>
    DropSiloConnections,

    /// <summary>The owner's next answer from the database is lost, what it answers is not.</summary>
    LoseReply,

    /// <summary>The owner's next request to the database is cut off half-way.</summary>
    CutRequest,
}

/// <summary>Makes one fault after another, in an order that its seed decides. Every fault is over before the next one.</summary>
internal sealed class Nemesis(SiloCluster cluster, int seed, Action<string> report)
{
    private readonly Random _random = new(seed);
    private readonly Queue<Fault> _next = new();

    /// <summary>The faults so far.</summary>
    public List<Fault> Made { get; } = [];

    /// <summary>Makes faults until it is stopped; the last one is seen through.</summary>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCancellationRequested)
        {
            await WaitAsync(700, 2500, cancellationToken);
            await MakeAsync(Next(), cancellationToken);
        }
    }

    /// <summary>Brings back whatever is away.</summary>
    public async Task HealAsync(CancellationToken cancellationToken)
    {
        foreach (var silo in cluster.Silos)
        {
            silo.Proxy.Resume();
            if (!silo.IsRunning)
                await silo.StartAsync(cancellationToken);
        }
    }

    /// <summary>All faults in a random order, and then again: even a short run meets each kind.</summary>
    private Fault Next()
    {
        if (_next.Count == 0)
        {
            var all = Enum.GetValues<Fault>();
            _random.Shuffle(all);
            foreach (var fault in all)
                _next.Enqueue(fault);
        }

        return _next.Dequeue();
    }

    private async Task MakeAsync(Fault fault, CancellationToken cancellationToken)
    {
        var victim = cluster.Silos[_random.Next(cluster.Silos.Count)];
        if (fault is Fault.KillOwner or Fault.PauseOwner or Fault.PauseOwnerBriefly or Fault.LoseReply or Fault.CutRequest)
            victim = await cluster.FindOwnerAsync(cancellationToken) ?? victim;
        report($"{fault} {(fault is Fault.RestartDatabase or Fault.KillDatabase ? "" : victim.Name)}");
        Made.Add(fault);
        switch (fault)
        {
            case Fault.KillSilo or Fault.KillOwner:
                await victim.KillAsync();
                await WaitAsync(500, 3000, cancellationToken);
                break;
            case Fault.PauseSilo or Fault.PauseOwner:
                await PauseAsync(victim, 5000, 8000, cancellationToken);
                break;
            case Fault.PauseOwnerBriefly:
                await PauseAsync(victim, 300, 1500, cancellationToken);
                break;
            case Fault.RestartDatabase or Fault.KillDatabase:
                await (fault == Fault.RestartDatabase ? cluster.Server.StopAsync() : cluster.Server.KillPostmasterAsync());
                await WaitAsync(0, 2000, cancellationToken);
                await cluster.RestartDatabaseAsync(cancellationToken);
                break;
            case Fault.DropConnections:
                victim.Proxy.DropConnections();
                break;
            case Fault.DropSiloConnections:
                await SocketAbort.AbortConnectionsToAsync(victim.SiloPort);
                break;
            case Fault.DelayConnections:
                victim.Proxy.Stall();
                await WaitAsync(200, 5000, cancellationToken);
                victim.Proxy.Resume();
                break;
            default:
                victim.Proxy.Arm(fault == Fault.LoseReply ? ProxyFault.LoseReply : ProxyFault.CutRequest);
                break;
        }

        // A silo that was taken for dead ends itself when it finds out.
        await HealAsync(cancellationToken);
    }

    private async Task PauseAsync(ClusterSilo victim, int fromMilliseconds, int toMilliseconds, CancellationToken cancellationToken)
    {
        await victim.PauseAsync();
        try
        {
            await WaitAsync(fromMilliseconds, toMilliseconds, cancellationToken);
        }
        finally
        {
            await victim.ContinueAsync();
        }

        await WaitAsync(500, 1500, cancellationToken);
    }

    private Task WaitAsync(int fromMilliseconds, int toMilliseconds, CancellationToken cancellationToken) =>
        Task.Delay(TimeSpan.FromMilliseconds(_random.Next(fromMilliseconds, toMilliseconds)), TimeProvider.System, cancellationToken);
}
