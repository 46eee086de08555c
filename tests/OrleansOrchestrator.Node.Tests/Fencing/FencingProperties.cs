using CsCheck;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>The rule of fencing and eviction, by simulations of both sides (invariants I7 and I8).</summary>
public sealed class FencingProperties
{
    private const int SeedsMax = 3000;

    /// <summary>No two copies, whatever fails: the network in one or both directions, daemons, machines, controllers, clocks.</summary>
    [Fact]
    public void Cluster_WhateverFails_RunsNoPodTwice() => Gen.Int[0, int.MaxValue - 1].Sample(seed => Roughly(seed, Broken.Nothing).ShouldBeEmpty(), iter: 200);

    /// <summary>Parts of the rule that chance takes little time to miss.</summary>
    [Theory]
    [InlineData(Broken.VotesAreNotAskedFor)]
    [InlineData(Broken.VotesOfSilentNodesCount)]
    [InlineData(Broken.GrantsOutlastWhatIsLent)]
    [InlineData(Broken.ViewsChangeUnconfirmed)]
    public void Cluster_WithoutAPartOfTheRule_RunsAPodTwice(Broken part)
    {
        var found = Enumerable.Range(0, SeedsMax).AsParallel().Select(seed => Roughly(seed, part)).FirstOrDefault(copies => copies.Count > 0);
        found.ShouldNotBeNull();
    }

    /// <summary>No outage of the control plane stops a pod, however long it is, and however often daemons of a minority start again.</summary>
    [Fact]
    public void ControlPlane_Away_StopsNoPod() => Gen.Int[0, int.MaxValue - 1].Sample(seed =>
    {
        using var world = new FencingWorld(seed, 1 + (seed % 9), isRough: false);
        world.RunUntil(20);
        for (var outage = 0; outage < 3; outage++)
        {
            world.IsAway = true;
            if (world.Chance(0.3))
                world.ReplaceController();
            world.RunUntil(world.Now + world.Between(1, 90));
            world.Daemons.ShouldAllBe(daemon => daemon.IsPodAlive);
            world.IsAway = false;
            world.RunUntil(world.Now + world.Between(8, 30));
        }

        world.Daemons.ShouldAllBe(daemon => daemon.IsPodAlive);
        world.Deletions.ShouldBeEmpty();
    }, iter: 60);

    /// <summary>A machine that dies in a cluster that works is given up in time.</summary>
    [Fact]
    public void Machine_Dead_HasItsPodReplacedInTime() => Gen.Int[0, int.MaxValue - 1].Sample(seed =>
    {
        using var world = new FencingWorld(seed, 2 + (seed % 12), isRough: false);
        world.RunUntil(25);
        var dead = world.Daemons[world.Random.Next(world.Daemons.Count)];
        var tolerated = world.Times.ReplaceAfter(world.Pods[dead.Name])!.Value.TotalSeconds;
        dead.Die();

        world.RunUntil(25 + tolerated + 6);

        world.Deletions.ShouldHaveSingleItem().Pod.ShouldBe(dead.Name);
        world.Daemons.Where(daemon => daemon != dead).ShouldAllBe(daemon => daemon.IsPodAlive);
    }, iter: 60);

    private static List<string> Roughly(int seed, Broken broken)
    {
        using var world = new FencingWorld(seed, 1 + (seed % 6), isRough: false, broken);
        world.RunUntil(12);
        world.IsRough = world.Chance(0.7);
        var isParting = world.Chance(0.6);
        world.Every(0, () =>
        {
            if (isParting)
                Part(world);
            else
                Fail(world);
            return world.Between(0.2, 12);
        });
        world.RunUntil(150);
        return world.TwoCopies;
    }

    /// <summary>One node after the other loses the control plane, or its daemon, and finds it again.</summary>
    private static void Part(FencingWorld world)
    {
        var daemon = world.Daemons[world.Random.Next(world.Daemons.Count)];
        if (world.Chance(0.75))
            daemon.IsMute = !daemon.IsMute;
        else if (!daemon.IsUp)
            daemon.Start();
        else if (world.Chance(0.5))
            daemon.Kill();
        else
            daemon.IsDeaf = !daemon.IsDeaf;
    }

    private static void Fail(FencingWorld world)
    {
        var some = world.Daemons.Where(_ => world.Chance(0.5)).ToList();
        switch (world.Random.Next(14))
        {
            case 0 or 1:
                some.ForEach(daemon => daemon.IsMute = true);
                break;
            case 2:
                some.ForEach(daemon => daemon.IsDeaf = true);
                break;
            case 3 or 4:
                world.Daemons.ForEach(daemon => (daemon.IsMute, daemon.IsDeaf) = (false, false));
                break;
            case 5:
                some.ForEach(daemon => daemon.Part = world.Random.Next(3));
                break;
            case 6:
                world.Daemons.ForEach(daemon => daemon.Part = 0);
                break;
            case 7 or 8:
                world.IsAway = !world.IsAway;
                break;
            case 9:
                world.ReplaceController();
                break;
            case 10:
                some.ForEach(daemon => daemon.Kill());
                break;
            case 11:
                world.Daemons.ForEach(daemon => daemon.Start());
                break;
            case 12 when world.Daemons.Count < 9:
                world.AddNode();
                break;
            case 13:
                // One node alone is cut off: it is to be fenced, and its pod replaced.
                world.Daemons[world.Random.Next(world.Daemons.Count)].IsMute = true;
                break;
        }
    }
}
