using System.Threading.Channels;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.ControlPlane.Controllers;

namespace OrleansOrchestrator.Consistency.Tests.Crashes;

/// <summary>The point of a plan at which its silo dies.</summary>
public enum CrashPoint
{
    /// <summary>Before its first write.</summary>
    Before,

    /// <summary>When the first half of its writes has begun, rounded up.</summary>
    Within,

    /// <summary>After its last write, which its controller does not come to know of.</summary>
    After,
}

/// <summary>
/// Stops the first plan of every controller at a point, for ever: whatever comes after that point does not happen. Names the silos on
/// which that was, which are to be killed.
/// </summary>
internal sealed class PlanCrashes
{
    private static readonly Task Never = new TaskCompletionSource().Task;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _struck = new(StringComparer.Ordinal);
    private readonly HashSet<(string Silo, string Controller)> _stopped = [];
    private readonly Channel<string> _dying = Channel.CreateUnbounded<string>();
    private CrashPoint? _point;

    /// <summary>The silos to kill, in the order in which plans stopped there. One may come more than once.</summary>
    public ChannelReader<string> Dying => _dying.Reader;

    /// <summary>The controllers that have died in the middle of a plan so far.</summary>
    public IReadOnlyCollection<string> Struck
    {
        get
        {
            lock (_gate)
                return [.. _struck];
        }
    }

    /// <summary>From now on the next plan of each controller stops.</summary>
    public void Arm(CrashPoint point)
    {
        lock (_gate)
        {
            _point = point;
            _stopped.Clear();
        }
    }

    /// <summary>From now on no further plan stops.</summary>
    public void Disarm()
    {
        lock (_gate)
            _point = null;
    }

    /// <summary>The hooks of a silo.</summary>
    public IPlanFaultPoints On(string silo) => new Hooks(this, silo);

    private Task Reach(string silo, string controller, Plan plan, int begun)
    {
        lock (_gate)
        {
            if (_stopped.Contains((silo, controller)))
                return Never;
            if (plan.Actions.Count == 0 || _point is null || begun != PositionOf(_point.Value, plan) || _stopped.Any(one => one.Controller == controller))
                return Task.CompletedTask;
            _struck.Add(controller);
            _stopped.Add((silo, controller));
        }

        _dying.Writer.TryWrite(silo);
        return Never;
    }

    private static int PositionOf(CrashPoint point, Plan plan) => point switch
    {
        CrashPoint.Before => 0,
        CrashPoint.Within => (plan.Actions.Count + 1) / 2,
        _ => plan.Actions.Count,
    };

    private sealed class Hooks(PlanCrashes crashes, string silo) : IPlanFaultPoints
    {
        public Task ReachAsync(string controller, Plan plan, int begun) => crashes.Reach(silo, controller, plan, begun);
    }
}
