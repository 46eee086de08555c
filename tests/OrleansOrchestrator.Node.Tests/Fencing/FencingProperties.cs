using System.Globalization;
using OrleansOrchestrator.Controllers.NodeLifecycle;

namespace OrleansOrchestrator.Node.Tests.Fencing;

/// <summary>The rule of fencing and eviction, by simulations of both sides (invariants I7 and I8).</summary>
public sealed class FencingProperties
{
    private const int SeedsMax = 6000;
    private const int RunsMax = 2000;

    // Other tests, which hold real processes to deadlines, run at the same time.
    private static readonly int CoresMax = Math.Max(1, Environment.ProcessorCount / 2);

    private static readonly int FirstSeed = Setting("FENCING_SEED") ?? Random.Shared.Next();

    /// <summary>No two copies, whatever fails: the network in one or both directions, daemons, machines, controllers, clocks.</summary>
    [Fact]
    public void Cluster_WhateverFails_RunsNoPodTwice() => Sample(RunsMax, seed => Run(seed, Broken.Nothing).ShouldBeEmpty());

    /// <summary>Every part of the rule is missed if it is taken away.</summary>
    [Theory]
    [MemberData(nameof(Parts))]
    public void Cluster_WithoutAPartOfTheRule_RunsAPodTwice(Broken part)
    {
        var found = Enumerable.Range(0, SeedsMax).AsParallel().WithDegreeOfParallelism(CoresMax).Select(seed => Scheduled(seed, part)).FirstOrDefault(copies => copies.Count > 0);
        found.ShouldNotBeNull();
    }

    public static TheoryData<Broken> Parts() => [.. Enum.GetValues<Broken>().Where(part => part != Broken.Nothing)];

    /// <summary>No outage of the control plane stops a pod, however long it is, while daemons start again one after the other.</summary>
    [Fact]
    public void ControlPlane_Away_StopsNoPod() => Sample(100, seed =>
    {
        using var world = new FencingWorld(seed, 1 + (seed % 12), isRough: false);
        StopsNoPodWhileAway(world);
    });

    /// <summary>The same with the views of the product, of one cluster that is a view and one that is a ring.</summary>
    [Theory]
    [InlineData(31)]
    [InlineData(40)]
    public void ControlPlane_AwayFromManyNodes_StopsNoPod(int nodes) => Sample(2, seed =>
    {
        using var world = new FencingWorld(seed, nodes, isRough: false, viewNodesMax: new NodeLifecycleOptions().ViewNodesMax);
        StopsNoPodWhileAway(world);
    });

    /// <summary>Three tenths of the machines die at once, and the votes of the others replace the pods of all of them.</summary>
    [Fact]
    public void Machines_SixOfTwentyDead_HaveTheirPodsReplacedInTime() => Sample(5, seed =>
    {
        using var world = new FencingWorld(seed, 20, isRough: false, viewNodesMax: new NodeLifecycleOptions().ViewNodesMax);
        world.RunUntil(25);
        var dead = world.Daemons.OrderBy(_ => world.Random.Next()).Take(6).ToList();
        var tolerated = dead.Max(daemon => world.Times.ReplaceAfter(world.Pods[daemon.Name])!.Value.TotalSeconds);
        dead.ForEach(daemon => daemon.Die());

        world.RunUntil(world.Now + tolerated + 6);

        world.Deletions.Select(deletion => deletion.Pod).ShouldBe(dead.Select(daemon => daemon.Name), ignoreOrder: true);
        world.Daemons.Except(dead).ShouldAllBe(daemon => daemon.IsPodAlive);
    });

    private static void StopsNoPodWhileAway(FencingWorld world)
    {
        world.RunUntil(25);
        for (var outage = 0; outage < 3; outage++)
        {
            world.IsAway = true;
            if (world.Chance(0.3))
                world.ReplaceController();
            var end = world.Now + world.Between(1, 90);
            while (world.Now < end)
            {
                if (world.Chance(0.7))
                    Restart(world.Daemons[world.Random.Next(world.Daemons.Count)], world.Between(0, Math.Min(4, world.Times.GrantTime.TotalSeconds * 0.4)));
                world.RunUntil(world.Now + world.Between(8, 20));
            }

            world.Daemons.ShouldAllBe(daemon => daemon.IsPodAlive);
            world.IsAway = false;
            world.RunUntil(world.Now + world.Between(8, 30));
        }

        world.Daemons.ShouldAllBe(daemon => daemon.IsPodAlive);
        world.Deletions.ShouldBeEmpty();

        void Restart(SimulatedDaemon daemon, double seconds)
        {
            daemon.Kill();
            world.After(seconds, daemon.Start);
        }
    }

    /// <summary>The pods of a machine that dies are replaced in time, even if a controller with another time of day takes over.</summary>
    [Fact]
    public void Machine_Dead_HasItsPodReplacedInTime() => Sample(100, seed =>
    {
        using var world = new FencingWorld(seed, 2 + (seed % 12), isRough: false);
        world.RunUntil(25);
        var dead = world.Daemons[world.Random.Next(world.Daemons.Count)];
        var tolerated = world.Times.ReplaceAfter(world.Pods[dead.Name])!.Value.TotalSeconds;
        dead.Die();
        var isMoved = world.Chance(0.5);
        if (world.Chance(0.5) || isMoved)
        {
            world.RunUntil(25 + world.Between(0, 12));
            world.ControllersLead = world.Between(-700, 700);
            if (isMoved)
                world.ReplaceController(0, double.PositiveInfinity);
        }

        world.RunUntil(world.Now + tolerated + 6);

        world.Deletions.ShouldHaveSingleItem().Pod.ShouldBe(dead.Name);
        world.Daemons.Where(daemon => daemon != dead).ShouldAllBe(daemon => daemon.IsPodAlive);
    });

    /// <summary>Every second run follows a schedule, and of these every second is disturbed as well.</summary>
    private static List<string> Run(int seed, Broken broken) => (seed & 1) == 0 ? Roughly(seed >> 1, broken) : Scheduled(seed >> 1, broken);

    private static List<string> Scheduled(int seed, Broken broken)
    {
        using var world = new FencingWorld(seed, 3, isRough: false, broken);
        world.RunUntil(FencingSchedules.Begin);
        FencingSchedules.All[seed % FencingSchedules.All.Count](world);
        if (world.Chance(0.3))
            world.Every(world.Between(0, 30), () => Disturb(world));
        world.RunUntil(FencingSchedules.End);
        return world.TwoCopies;
    }

    private static List<string> Roughly(int seed, Broken broken)
    {
        using var world = new FencingWorld(seed, 1 + (seed % 6), isRough: false, broken);
        world.RunUntil(12);
        world.IsRough = world.Chance(0.7);
        var isParting = world.Chance(0.6);
        world.Every(0, () => Disturb(world, isParting));
        world.RunUntil(150);
        return world.TwoCopies;
    }

    private static double? Disturb(FencingWorld world, bool isParting = false)
    {
        if (isParting)
            Part(world);
        else
            Fail(world);
        return world.Between(0.2, 12);
    }

    /// <summary>Runs as many seeds as the environment says: <c>FENCING_RUNS=20000 FENCING_SEED=1</c>.</summary>
    private static void Sample(int runs, Action<int> run)
    {
        Exception? failure = null;
        var options = new ParallelOptions { CancellationToken = TestContext.Current.CancellationToken, MaxDegreeOfParallelism = CoresMax };
        Parallel.For(0, Setting("FENCING_RUNS") ?? runs, options, (i, loop) =>
        {
            var seed = (FirstSeed + i) & int.MaxValue;
            try
            {
                run(seed);
            }
            catch (Exception unexpected)
            {
                failure = new InvalidOperationException($"FENCING_RUNS=1 FENCING_SEED={seed}: {unexpected.Message}", unexpected);
                loop.Stop();
            }
        });
        failure.ShouldBeNull(failure?.Message);
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : null;

    /// <summary>One node after the other loses the control plane, or its daemon, and finds it again.</summary>
    private static void Part(FencingWorld world)
    {
        var daemon = world.Daemons[world.Random.Next(world.Daemons.Count)];
        if (world.Chance(0.75))
            daemon.Up.IsCut = !daemon.Up.IsCut;
        else if (!daemon.IsUp)
            daemon.Start();
        else if (world.Chance(0.5))
            daemon.Kill();
        else
            daemon.Down.IsCut = !daemon.Down.IsCut;
    }

    private static void Fail(FencingWorld world)
    {
        var some = world.Daemons.Where(_ => world.Chance(0.5)).ToList();
        switch (world.Random.Next(16))
        {
            case 0 or 1:
                some.ForEach(daemon => daemon.Up.IsCut = true);
                break;
            case 2:
                some.ForEach(daemon => daemon.Down.IsCut = true);
                break;
            case 3 or 4:
                world.Daemons.ForEach(daemon => daemon.Up.IsCut = daemon.Down.IsCut = false);
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
                world.ControllersLead += world.Between(-700, 700);
                break;
            case 15:
                some.ForEach(daemon => world.ChangeToleration(daemon.Name, world.Random.Next(30)));
                break;
            case 14:
                // One node alone is cut off: it is to be fenced, and its pod replaced.
                world.Daemons[world.Random.Next(world.Daemons.Count)].Up.IsCut = true;
                break;
        }
    }
}
