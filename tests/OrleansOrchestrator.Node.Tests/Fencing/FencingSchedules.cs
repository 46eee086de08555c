using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>
/// What has to happen, and nearly at which times, for a part of the rule to be missed: chance alone takes too long to find it.
/// The cluster has three nodes, of which the first is the one that is given up.
/// </summary>
internal static class FencingSchedules
{
    public const double Begin = 20;
    public const double End = 70;

    public static IReadOnlyList<Action<FencingWorld>> All { get; } =
        [PeerComesBack, PeerComesBackRestarted, PeersLendInTurn, RestartedPeersLendInTurn, RenewalIsLate, DeletionIsLate, ViewsAreOld, ViewChangesWhileHeld, TolerationIsShortenedUnseen];

    /// <summary>A peer that let a node run on hears the control plane again, and votes for it.</summary>
    private static void PeerComesBack(FencingWorld world)
    {
        var (lost, peer) = CutOffTwo(world);
        world.After(world.Between(8, 15), () => Connect(peer));
        ReturnLate(world, lost);
    }

    /// <summary>The same, but the daemon of the peer is started again, and knows nothing of what it has lent.</summary>
    private static void PeerComesBackRestarted(FencingWorld world)
    {
        var (lost, peer) = CutOffTwo(world);
        world.After(world.Between(8, 15), () =>
        {
            peer.Kill();
            peer.Start();
            Connect(peer);
        });
        ReturnLate(world, lost);
    }

    /// <summary>A node alone reaches one peer after the other at the last moment, while the control plane reaches both.</summary>
    private static void PeersLendInTurn(FencingWorld world) => LendInTurn(world, _ => { });

    /// <summary>The same, but the daemon of each peer is started again before.</summary>
    private static void RestartedPeersLendInTurn(FencingWorld world) => LendInTurn(world, peer =>
    {
        peer.Kill();
        peer.Start();
    });

    private static void LendInTurn(FencingWorld world, Action<SimulatedDaemon> prepare)
    {
        var (lost, first, second) = (world.Daemons[0], world.Daemons[1], world.Daemons[2]);
        Cut(lost);
        lost.Part = 1;
        world.IsPartedByRefusal = true;

        // What the second peer says of beats is as new as it can be, since the beat is named when a renewal has arrived.
        second.Up.Delay = world.Between(1.5, 1.95);
        Reach(first, () => Reach(second, () => second.Up.Delay = null));

        void Reach(SimulatedDaemon peer, Action then) => world.When(() => lost.TimeLeft < 0.55, () =>
        {
            prepare(peer);
            peer.Part = 1;
            world.When(() => lost.TimeLeft is > 2 or <= 0, () =>
            {
                peer.Part = 2;
                then();
            });
        });
    }

    /// <summary>A renewal arrives long after its node has let another one run on.</summary>
    private static void RenewalIsLate(FencingWorld world)
    {
        var peer = world.Daemons[1];
        peer.Up.Delay = world.Between(12, 18);
        world.After(2.1, () => CutOffTwo(world));
        ReturnLate(world, world.Daemons[0]);
    }

    /// <summary>The deletion of a pod arrives when its node has come back.</summary>
    private static void DeletionIsLate(FencingWorld world)
    {
        var lost = world.Daemons[0];
        Cut(lost);
        lost.Part = 1;
        world.Writes.Delay = world.Between(2, 4);
        world.When(() => world.DeletionsDecided > 0, () => Connect(lost));
    }

    /// <summary>Nodes join that a node does not know yet, and those that it knows let it run on.</summary>
    private static void ViewsAreOld(FencingWorld world)
    {
        var (lost, peer) = (world.Daemons[0], world.Daemons[1]);
        (lost.Down.IsCut, lost.Part) = (true, 1);
        Cut(peer);
        peer.Part = 1;
        for (var i = 0; i < 3; i++)
            world.AddNode();
        world.After(world.Between(3, 8), () => Cut(lost));
        ReturnLate(world, lost);
    }

    /// <summary>A node is held by a peer that has left its view meanwhile, hears the control plane for long enough to learn of it, and is lost.</summary>
    private static void ViewChangesWhileHeld(FencingWorld world)
    {
        var (lost, peer) = (world.Daemons[0], world.Daemons[1]);
        Cut(peer);
        peer.Part = lost.Part = 1;
        lost.Down.IsCut = true;
        world.When(() => FencingView.Of(world.Nodes[lost.Name]).Count > 1, () => world.After(world.Between(0, 4), () =>
        {
            Connect(lost);
            world.After(world.Between(2, 6), () => Cut(lost));
        }));
        ReturnLate(world, peer);
    }

    /// <summary>A pod that may run for long without the control plane is told to run for less, when its node cannot hear it, or hears of it
    /// before the control plane hears the node.</summary>
    private static void TolerationIsShortenedUnseen(FencingWorld world)
    {
        if (world.Chance(0.5))
            world.After(world.Between(14, 20), () => Connect(world.Daemons[0]));
        var lost = world.Daemons[0];
        world.ChangeToleration(lost.Name, 30 + world.Random.Next(20));
        world.After(world.Between(3, 6), () =>
        {
            Cut(lost);
            lost.Part = 1;
            world.After(world.Between(0, 5), () => world.ChangeToleration(lost.Name, world.Random.Next(8)));
        });
    }

    /// <summary>Cuts two nodes off from the control plane, and from the third, which the control plane hears.</summary>
    private static (SimulatedDaemon Lost, SimulatedDaemon Peer) CutOffTwo(FencingWorld world)
    {
        var (lost, peer) = (world.Daemons[0], world.Daemons[1]);
        foreach (var daemon in (SimulatedDaemon[])[lost, peer])
        {
            Cut(daemon);
            daemon.Part = 1;
        }

        return (lost, peer);
    }

    private static void ReturnLate(FencingWorld world, SimulatedDaemon daemon) => world.After(world.Between(20, 45), () => Connect(daemon));

    private static void Cut(SimulatedDaemon daemon) => daemon.Up.IsCut = daemon.Down.IsCut = true;

    private static void Connect(SimulatedDaemon daemon)
    {
        daemon.Up.IsCut = daemon.Down.IsCut = false;
        daemon.Up.Delay = daemon.Down.Delay = null;
    }
}
