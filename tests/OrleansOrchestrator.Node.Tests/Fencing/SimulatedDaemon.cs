using Microsoft.Extensions.Logging.Abstractions;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Leases;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>A daemon with one pod, and the guard that ends the pod when its time is over, as late as it may.</summary>
internal sealed class SimulatedDaemon : IPeers
{
    private readonly FencingWorld _world;
    private readonly DriftingClock _clock;
    private readonly string _file;
    private readonly FencingViews _views;
    private TimeSpan _limit;
    private long? _generation;
    private LeaseClock _lease = null!;
    private NodeVote _vote = null!;
    private int _life;
    private int _lapsesConfirmed;
    private bool _isRunning = true;
    private double _guardedUntil = double.PositiveInfinity;
    private double _deadAt;

    public SimulatedDaemon(FencingWorld world, string name, DriftingClock clock, string file)
    {
        (_world, Name, _clock, _file) = (world, name, clock, file);
        _views = new FencingViews(name, null);
        _limit = world.Times.StopAfter(world.Pods[name])!.Value;
        (Up, Down) = (new SimulatedLink(world), new SimulatedLink(world));
        Start();
    }

    public string Name { get; }

    public bool IsUp { get; private set; }

    /// <summary>Whether the machine is gone.</summary>
    public bool IsDead { get; private set; }

    /// <summary>From the daemon to the control plane.</summary>
    public SimulatedLink Up { get; }

    /// <summary>From the control plane to the daemon.</summary>
    public SimulatedLink Down { get; }

    /// <summary>How many seconds the pod may still run, as far as its daemon knows.</summary>
    public double TimeLeft => _lease.Remaining(_limit).TotalSeconds;

    /// <summary>Nodes reach each other within a part of the network.</summary>
    public int Part { get; set; }

    public bool IsPodAlive
    {
        get
        {
            Look();
            return _isRunning || _world.Now < _deadAt;
        }
    }

    /// <summary>The daemon is gone; its pod runs on, and is ended by its guard.</summary>
    public void Kill()
    {
        Look();
        IsUp = false;
        _life++;
    }

    /// <summary>The machine is gone, with its pod.</summary>
    public void Die()
    {
        Kill();
        IsDead = true;
        (_isRunning, _deadAt) = (false, _world.Now);
    }

    public void Start()
    {
        if (IsUp || IsDead)
            return;
        var isRestart = _life > 0;
        if (isRestart)
            Look();
        IsUp = true;
        var life = ++_life;
        _lease = new LeaseClock(_clock, _file, () => _views.DecidesAlone);
        _vote = new NodeVote(
            $"voter-{Name}",
            _world.Broken == Broken.VotesAreLentTooSoon ? _world.Times with { VoteTime = TimeSpan.FromSeconds(0.5) } : _world.Times,
            isRestart && _world.Broken == Broken.RestartedNodesForgetWhatTheyLent ? new ForgetfulClock(_clock) : _clock,
            isRestart && _world.Broken == Broken.RestartedNodesLendAtOnce ? _clock.GetTimestamp() - TimeSpan.TicksPerHour : _lease.ArrivedAt);
        var grants = _world.Broken == Broken.GrantsOutlastWhatIsLent ? TimeSpan.FromSeconds(30) : _world.Times.GrantTime;
        var hold = new HoldAgent(_views, _vote, _lease, this, _world.Times with { GrantTime = grants }, _clock, NullLogger.Instance);
        _world.Every(_world.Between(0, 0.5), () => Lives(life) ? Renew(life) : null);
        _world.Every(_world.Between(0, 1), () => Lives(life) ? ReadView() : null);
        _world.Every(_world.Between(0, 1), () => Lives(life) ? ReadPod() : null);
        AskAgain(hold, life, _world.Between(0, 0.5));
        if (!isRestart)
            _lease.Acknowledge(_lease.Now, _world.Times.FencingTime);
        Look();
    }

    public Task<bool> AskAsync(FencingMember peer, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<bool>();
        _world.After(HoldAgent.AnswerTime(_world.Times).TotalSeconds, () => answer.TrySetResult(false));
        var asked = _world.Daemons.First(daemon => daemon.Name == peer.Name);
        _world.After(_world.Latency(), () =>
        {
            var isReached = !asked.IsDead && asked.Part == Part;
            if (!isReached && !_world.IsPartedByRefusal)
                return;

            // A machine whose daemon is away refuses at once.
            var isGranted = isReached && asked.IsUp && asked._views.IsPeer(_vote.Voter) && asked._vote.TryLend();
            _world.After(_world.Latency(), () =>
            {
                if (!isGranted || asked.Part == Part)
                    answer.TrySetResult(isGranted);
            });
        });
        return answer.Task;
    }

    public void Rest()
    {
        // Connections cost nothing here.
    }

    private bool Lives(int life) => IsUp && _life == life;

    private double? Renew(int life)
    {
        var sent = _lease.Now;
        var report = _vote.Report(_views.IdToReport(IsActedBy));
        Send(() =>
        {
            if (_world.Broken == Broken.RenewalsCountFromTheirArrival)
                report = report with { Beat = _world.Beat };
            _world.Leases[Name] = (++_world.Revision, report.ToString());
            var beat = _world.Beat;
            Receive(life, () => Acknowledge(sent, beat, life));
        });
        return FencingWorld.RenewInterval / _clock.Rate;
    }

    private bool IsActedBy(string view)
    {
        if (_lease.IsHeldByOther(view) && _world.Broken != Broken.GrantsOutlastTheirView)
            return false;
        Look();
        return true;
    }

    private void Acknowledge(LeaseClock.Moment sent, string? beat, int life)
    {
        Look();
        _lease.Acknowledge(sent, _world.Times.FencingTime);
        _vote.Acknowledge(beat);
        Look();
        if (_world.Nodes[Name].Status.Conditions[0].Status != "True")
            Send(ReportReady);
        if (_isRunning || _world.Now < _deadAt || _lease.Remaining(_limit) <= TimeSpan.Zero)
            return;
        var lapses = _lease.Lapses;
        if (_world.Broken == Broken.PodsStartAgainUnasked)
        {
            // The watch tells of the deletion some time after it.
            if (_world.Pods.ContainsKey(Name))
                Revive(lapses);
            return;
        }

        Send(() =>
        {
            if (!_world.Pods.TryGetValue(Name, out var pod))
                return;
            _world.Pods[Name] = pod with { Metadata = pod.Metadata with { ResourceVersion = _world.NextRevision() } };
            Receive(life, () => Revive(lapses));
        });
    }

    private void Revive(int lapses)
    {
        if (_isRunning || _lease.Measure().IsOver(_limit) || _lease.HasLapsed(lapses, _limit))
            return;
        (_isRunning, _guardedUntil, _lapsesConfirmed) = (true, double.PositiveInfinity, lapses);
        Look();
        if (!_world.Pods.ContainsKey(Name) && _world.Deletions.Exists(deletion => deletion.Pod == Name))
            _world.TwoCopies.Add($"{Name} started again at {_world.Now:0.00} s after it was replaced");
    }

    private void ReportReady()
    {
        var node = _world.Nodes[Name];
        _world.Nodes[Name] = node with
        {
            Metadata = node.Metadata with { ResourceVersion = _world.NextRevision() },
            Status = node.Status with { Conditions = [new k8s.Models.V1NodeCondition { Type = "Ready", Status = "True" }] },
        };
    }

    private double? ReadView()
    {
        if (!Up.IsCut && !Down.IsCut && !_world.IsAway)
            _views.Upsert(_world.Nodes[Name]);
        return _world.Between(0.2, 1.5);
    }

    /// <summary>Acts by the pod as it is now, and says so.</summary>
    private double? ReadPod()
    {
        if (!Up.IsCut && !Down.IsCut && !_world.IsAway && _world.Pods.TryGetValue(Name, out var pod) && pod.Metadata.Generation != _generation)
        {
            Look();
            _limit = _world.Times.StopAfter(pod)!.Value;
            Look();
            if (_lease.Remaining(_limit) > TimeSpan.Zero || _world.Broken == Broken.LimitsAreToldWhenTheyAreOver)
            {
                var seen = _generation = pod.Metadata.Generation;
                Send(() => _world.ReportSeen(Name, seen));
            }
        }

        return _world.Between(0.2, 1.5);
    }

    private void AskAgain(HoldAgent hold, int life, double delay) => _world.After(delay, async () =>
    {
        if (!Lives(life))
            return;
        Look();
        var next = await hold.CheckAsync(CancellationToken.None);
        if (!Lives(life))
            return;
        Look();
        AskAgain(hold, life, next.TotalSeconds / _clock.Rate);
    });

    /// <summary>Finds out whether the pod's time has ended, and lets the guard know until when the pod may run.</summary>
    private void Look()
    {
        if (!_isRunning)
            return;
        if (_world.Now < _guardedUntil && IsUp)
        {
            var rest = _lease.HasLapsed(_lapsesConfirmed, _limit) ? 0 : Math.Max(_lease.Remaining(_limit).TotalSeconds, 0);
            _guardedUntil = _world.Now + (rest / _clock.Rate);
        }

        if (_world.Now < _guardedUntil)
            return;
        _isRunning = false;
        _deadAt = _guardedUntil + (_world.Times.StopTime.TotalSeconds / _clock.Rate);
    }

    private void Send(Action arrive) => Up.Send(() =>
    {
        if (!_world.IsAway)
            arrive();
    });

    private void Receive(int life, Action arrive) => Down.Send(() =>
    {
        if (Lives(life))
            arrive();
    });
}
