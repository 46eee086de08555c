using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;
using static OrleansOrchestrator.Scheduling.Tests.Building.VolumeObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

/// <summary>Pods with claims: VolumeBinding, VolumeRestrictions and VolumeZone.</summary>
public sealed class VolumeBindingTests
{
    private const string Unbound = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.";

    private readonly Harness _harness = new(NodeOf("a"), NodeOf("b"));

    public VolumeBindingTests()
    {
        Set(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "at-once" }, Provisioner = "example.com/disks", VolumeBindingMode = "Immediate" });
        Set(Manual());
        Set(LocalPathVolumes.ClassOf(isDefault: false));
    }

    [Fact]
    public void Pod_ClaimIsNotThere_SaysSo() =>
        _harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: persistentvolumeclaim \"data\" not found.");

    [Fact]
    public void Pod_EphemeralVolumeHasNoClaimYet_WaitsForIt()
    {
        var pod = Create("p");
        pod.Spec.Volumes = [new V1Volume { Name = "scratch", Ephemeral = new V1EphemeralVolumeSource() }];
        _harness.Refuse(pod).ShouldBe("0/2 nodes are available: waiting for ephemeral volume controller to create the persistentvolumeclaim \"p-scratch\".");

        Set(ClaimOf("p-scratch"));
        _harness.Refuse(pod).ShouldBe("0/2 nodes are available: PVC default/p-scratch was not created for pod default/p (pod is not owner).");
    }

    [Fact]
    public void Pod_ClaimIsToBeBoundAtOnce_WaitsForThat()
    {
        Set(ClaimOf("data", "at-once"));
        _harness.Refuse(WithClaim("data")).ShouldBe(Unbound);
        Set(ClaimOf("data"));
        _harness.Refuse(WithClaim("data")).ShouldBe(Unbound);
    }

    [Fact]
    public void Pod_ClaimIsDeletedOrLost_IsRefused()
    {
        Set(ClaimOf("data", change: claim => claim.Metadata.DeletionTimestamp = DateTime.UnixEpoch));
        _harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: persistentvolumeclaim \"data\" is being deleted.");
        Set(ClaimOf("data", volume: "gone", change: claim => claim.Status.Phase = "Lost"));
        _harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: persistentvolumeclaim \"data\" bound to non-existent persistentvolume \"gone\".");
    }

    [Fact]
    public void Pod_BoundVolumeIsOnOneNode_IsPlacedThere()
    {
        Set(VolumeOn("disk", "b", claim: "data"));
        Set(ClaimOf("data", volume: "disk"));
        _harness.Choices(WithClaim("data")).ShouldBe(["b"]);

        Set(VolumeOn("disk", "elsewhere", claim: "data"));
        _harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: 2 node(s) had volume node affinity conflict.");
        Remove<V1PersistentVolume>("disk");
        _harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: 2 node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s).");
    }

    [Fact]
    public void Pod_ClaimsOfTwoNodes_FitsNowhere()
    {
        Set(VolumeOn("one", "a", claim: "one"));
        Set(VolumeOn("two", "b", claim: "two"));
        Set(ClaimOf("one", volume: "one"));
        Set(ClaimOf("two", volume: "two"));

        _harness.Refuse(WithClaim("one", "two")).ShouldBe("0/2 nodes are available: 2 node(s) had volume node affinity conflict.");
    }

    [Fact]
    public void Pod_ClaimWaitsForConsumer_ReservesTheSmallestVolumeOfItsNode()
    {
        Set(ClaimOf("data", "manual", size: "2Gi"));
        var pod = WithClaim("data");
        _harness.Refuse(pod).ShouldBe("0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.");
        Set(VolumeOn("large", "b", "manual", "9Gi"));
        Set(VolumeOn("small", "b", "manual", "3Gi"));
        Set(VolumeOn("tiny", "a", "manual", "1Gi"));

        _harness.Choices(pod).ShouldBe(["b"]);
        var writes = Reserve(pod, "b");

        writes.ShouldHaveSingleItem().Key.ShouldBe(new ObjectKey("", "small"));
        var patch = JsonNode.Parse(writes[0].MergePatch.Span)!;
        ((string?)patch["spec"]!["claimRef"]!["uid"]).ShouldBe("uid-data");
        patch["metadata"]!["resourceVersion"].ShouldNotBeNull();
        patch["metadata"]!["annotations"]![VolumeMetadataKeys.BoundByController].ShouldNotBeNull();
    }

    [Fact]
    public void Reserve_TwoPodsAtOnce_GetTwoVolumes()
    {
        Set(VolumeOn("one", "a", "manual"));
        Set(VolumeOn("two", "a", "manual"));
        Set(ClaimOf("first", "manual"));
        Set(ClaimOf("second", "manual"));
        Set(ClaimOf("third", "manual"));

        var first = WithClaim("first");
        var taken = new[] { Reserve(first, "a"), Reserve(WithClaim("second"), "a") }.Select(writes => writes.Single().Key.Name);

        taken.Order(StringComparer.Ordinal).ShouldBe(["one", "two"]);
        _harness.Refuse(WithClaim("third")).ShouldContain("2 node(s) didn't find available persistent volumes to bind");
        _harness.Scheduler.Unreserve(first.Info(), "a");
        _harness.Place(WithClaim("third")).ShouldBe("a");
    }

    [Fact]
    public void PreBind_VolumeIsToBeProvisioned_SelectsTheNodeAndWaits()
    {
        Set(ClaimOf("data", "local-path"));
        var pod = WithClaim("data");
        _harness.Choices(pod).ShouldBe(["a", "b"]);

        var write = Reserve(pod, "b").ShouldHaveSingleItem();
        (write.Resource, write.Key).ShouldBe((WellKnownResources.PersistentVolumeClaims, new ObjectKey("default", "data")));
        Encoding.UTF8.GetString(write.MergePatch.Span).ShouldContain("\"volume.kubernetes.io/selected-node\":\"b\"");

        // Another pod with the claim has to go to the same node.
        var other = WithClaim("data");
        (other.Metadata.Name, other.Metadata.Uid) = ("other", "uid-other");
        _harness.Choices(other).ShouldBe(["b"]);

        Set(ClaimOf("data", "local-path", change: claim => claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.SelectedNode] = "b" }));
        StateOf(pod, "b").ShouldBe(PreBindState.Waiting);
        Set(VolumeOn("disk", "b", claim: "data"));
        Set(ClaimOf("data", "local-path", volume: "disk"));
        StateOf(pod, "b").ShouldBe(PreBindState.Done);
        _harness.Scheduler.Unreserve(pod.Info(), "b").ShouldBeEmpty();
        _harness.Cache.VolumeReservations.OfPod(pod.Metadata.Uid).ShouldBeEmpty();
    }

    [Fact]
    public void StateOf_ProvisionerGivesTheClaimBack_FailsSoThatThePodIsTriedAgain()
    {
        Set(ClaimOf("data", "local-path"));
        var pod = WithClaim("data");
        Reserve(pod, "b");

        StateOf(pod, "b").Fault.ShouldBe("running PreBind plugin \"VolumeBinding\": binding volumes: selectedNode annotation reset for PVC \"data\"");
    }

    [Fact]
    public void Pod_NodeWasSelectedBefore_GoesThereAgain()
    {
        Set(ClaimOf("data", "local-path", change: claim => claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.SelectedNode] = "a" }));

        _harness.Choices(WithClaim("data")).ShouldBe(["a"]);
        Reserve(WithClaim("data"), "a").ShouldBeEmpty();
    }

    [Fact]
    public void Pod_ClassIsForSomeNodes_IsPlacedOnOneOfThem()
    {
        var storage = LocalPathVolumes.ClassOf(isDefault: false);
        storage.Metadata.Name = "of-b";
        storage.AllowedTopologies = [new V1TopologySelectorTerm { MatchLabelExpressions = [new V1TopologySelectorLabelRequirement { Key = "kubernetes.io/hostname", Values = ["b"] }] }];
        Set(storage);
        Set(ClaimOf("data", "of-b"));

        _harness.Choices(WithClaim("data")).ShouldBe(["b"]);
    }

    [Fact]
    public void Pod_ClaimOfOnePodIsInUse_WaitsUntilThatPodIsGone()
    {
        Set(VolumeOn("disk", "a", claim: "data"));
        Set(ClaimOf("data", volume: "disk", mode: "ReadWriteOncePod"));
        var user = WithClaim("data").On("a");
        user.Metadata.Uid = "uid-user";
        _harness.Running(user);
        const string inUse = "2 node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode";

        _harness.Refuse(WithClaim("data")).ShouldContain(inUse);
        _harness.Cache.RemovePod("uid-user");
        _harness.Place(WithClaim("data")).ShouldBe("a");
    }

    [Fact]
    public void Pod_VolumeNamesItsZone_IsPlacedThere()
    {
        var harness = new Harness(NodeOf("a").WithLabel("topology.kubernetes.io/zone", "x"), NodeOf("b").WithLabel("topology.kubernetes.io/zone", "y"));
        VolumeObjects.Set(harness, new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "y__z" } },
            Spec = new V1PersistentVolumeSpec(),
        });
        VolumeObjects.Set(harness, ClaimOf("data", volume: "disk"));

        harness.Choices(WithClaim("data")).ShouldBe(["b"]);
        VolumeObjects.Set(harness, new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk", ResourceVersion = "2", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "w" } },
            Spec = new V1PersistentVolumeSpec(),
        });
        harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: 2 node(s) had no available volume zone.");
    }

    [Theory]
    [InlineData("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone")]
    [InlineData("failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region")]
    public void Pod_VolumeNamesItsZoneByTheOldLabel_IsPlacedThereByTheNewOne(string old, string present)
    {
        var harness = new Harness(NodeOf("a").WithLabel(present, "x"), NodeOf("b").WithLabel(present, "y"), NodeOf("c").WithLabel(present, "y").WithLabel(old, "x"));
        VolumeObjects.Set(harness, new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk", Labels = new Dictionary<string, string> { [old] = "y" } },
            Spec = new V1PersistentVolumeSpec(),
        });
        VolumeObjects.Set(harness, ClaimOf("data", volume: "disk"));

        // The node's own old label goes first.
        harness.Choices(WithClaim("data")).ShouldBe(["b"]);
    }

    [Fact]
    public void Pod_ClaimOfFolders_GoesOnlyWhereThereIsAFolder()
    {
        var hollow = Nodes.Create("hollow").WithLabel("kubernetes.io/hostname", "hollow");
        var cluster = new WaitingCluster(hollow);
        VolumeObjects.Set(cluster.Cache, LocalPathVolumes.ClassOf(isDefault: false));
        VolumeObjects.Set(cluster.Cache, ClaimOf("data", "local-path"));
        cluster.Waiting(WithClaim("data")).SleepingNames.ShouldBe(["p"]);

        cluster.WokenBy(cache => cache.SetNode(NodeOf("hollow"))).ShouldBe(["p"]);
        cluster.TryAll().SleepingNames.ShouldBeEmpty();
    }

    [Fact]
    public void Unreserve_OfWhatOthersWaitFor_WakesThem()
    {
        var cluster = new WaitingCluster(NodeOf("a"), NodeOf("b"));
        var cache = cluster.Cache;
        VolumeObjects.Set(cache, Manual());
        VolumeObjects.Set(cache, LocalPathVolumes.ClassOf(isDefault: false));
        VolumeObjects.Set(cache, VolumeOn("only", "a", "manual"));
        foreach (var (claim, of) in ((string, string)[])[("first", "manual"), ("second", "manual"), ("shared", "local-path")])
            VolumeObjects.Set(cache, ClaimOf(claim, of));
        var (first, sharing) = (Named("first", WithClaim("first")), Named("sharing", WithClaim("shared")));
        cluster.Scheduler.Reserve(first.Info(), "a").ShouldBeNull();
        cluster.Scheduler.Reserve(sharing.Info(), "a").ShouldBeNull();
        var (second, elsewhere) = (Named("second", WithClaim("second")), Named("elsewhere", WithClaim("shared")));
        elsewhere.Spec.NodeSelector = new Dictionary<string, string> { ["kubernetes.io/hostname"] = "b" };
        cluster.Waiting(second, elsewhere).SleepingNames.ShouldBe(["elsewhere", "second"]);

        cluster.WokenBy(_ => cluster.Scheduler.Unreserve(first.Info(), "a")).ShouldBe(["second"]);
        cluster.WokenBy(_ => cluster.Scheduler.Unreserve(sharing.Info(), "a")).ShouldBe(["elsewhere"]);
        cluster.WokenBy(_ => cluster.Scheduler.Unreserve(first.Info(), "a")).ShouldBeEmpty();
        cluster.TryAll().SleepingNames.ShouldBeEmpty();
    }

    [Fact]
    public void Unreserve_ReservationThatAnotherPodShares_WakesNobody()
    {
        var cluster = new WaitingCluster(NodeOf("a"), NodeOf("b"));
        VolumeObjects.Set(cluster.Cache, LocalPathVolumes.ClassOf(isDefault: false));
        VolumeObjects.Set(cluster.Cache, ClaimOf("shared", "local-path"));
        var (one, other) = (Named("one", WithClaim("shared")), Named("other", WithClaim("shared")));
        cluster.Scheduler.Reserve(one.Info(), "a").ShouldBeNull();
        cluster.Scheduler.Reserve(other.Info(), "a").ShouldBeNull();

        cluster.Scheduler.Unreserve(one.Info(), "a").ShouldBeEmpty();
        cluster.Scheduler.Unreserve(other.Info(), "a").ShouldHaveSingleItem();
    }

    [Fact]
    public void Pod_VolumeIsOutsideOfTheSampleOfNodes_IsPlacedThere()
    {
        var harness = new Harness(new SchedulerOptions { PercentageOfNodesToScore = 5 }, [.. Enumerable.Range(0, 400).Select(i => NodeOf($"n{i}"))]);
        foreach (var host in (string[])["n0", "n123", "n399"])
        {
            VolumeObjects.Set(harness, VolumeOn("disk", host, claim: "data"));
            VolumeObjects.Set(harness, ClaimOf("data", volume: "disk"));
            harness.Place(WithClaim("data")).ShouldBe(host);
        }
    }

    [Fact]
    public void Hints_OfClaimsVolumesAndClasses_WakeThePodsConcernedOnly()
    {
        var cluster = new WaitingCluster(NodeOf("a"));
        var (one, other) = (WithClaim("one"), WithClaim("other"));
        (one.Metadata.Name, one.Metadata.Uid, other.Metadata.Name, other.Metadata.Uid) = ("p-one", "uid-one", "p-other", "uid-other");
        cluster.Waiting(one, other);
        cluster.SleepingNames.ShouldBe(["p-one", "p-other"]);

        cluster.WokenBy(cache => VolumeObjects.Set(cache, ClaimOf("one", "manual"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => VolumeObjects.Set(cache, VolumeOn("elsewhere", "a", "slow"))).ShouldBeEmpty();
        cluster.WokenBy(cache => VolumeObjects.Set(cache, VolumeOn("taken", "a", "manual", claim: "somebody"))).ShouldBeEmpty();
        cluster.WokenBy(cache => VolumeObjects.Set(cache, VolumeOn("its-own", "b", "slow", claim: "one"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => VolumeObjects.Set(cache, VolumeOn("free", "b", "manual"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => VolumeObjects.Set(cache, new V1StorageClass { Metadata = new V1ObjectMeta { Name = "manual" }, Provisioner = "x", VolumeBindingMode = "WaitForFirstConsumer" }))
            .ShouldBe(["p-one"]);
    }

    [Fact]
    public void Schedule_RandomClaimsAndVolumes_PlacesExactlyWhereANaiveSearchFindsThemAll()
    {
        string[] hosts = ["a", "b", ""];
        var volumes = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 3], Gen.Bool).Array[0, 5];
        var claims = Gen.Select(Gen.Int[1, 3], Gen.Int[0, 2], Gen.Int[0, 4]).Array[1, 3];
        Gen.Select(volumes, claims).Sample((disks, wanted) =>
        {
            var harness = new Harness(NodeOf("a"), NodeOf("b"));
            VolumeObjects.Set(harness, Manual());
            for (var i = 0; i < disks.Length; i++)
                VolumeObjects.Set(harness, VolumeOn($"disk-{i}", hosts[disks[i].Item1], "manual", $"{disks[i].Item2}Gi", disks[i].Item3 ? null : "somebody"));
            for (var i = 0; i < wanted.Length; i++)
                VolumeObjects.Set(harness, ClaimOf($"c{i}", "manual", size: $"{wanted[i].Item1}Gi"));
            var pod = WithClaim([.. wanted.Select((_, i) => $"c{i}")]);

            var expected = new[] { "a", "b" }.Where(node => HasRoom([.. wanted.Select(claim => claim.Item1).Order()], [.. disks.Where(disk => disk.Item3 && hosts[disk.Item1] is var host && (host.Length == 0 || host == node)).Select(disk => disk.Item2)]));

            if (expected.Any())
                harness.Choices(pod).ShouldBe(expected);
            else
                harness.Schedule(pod).ShouldBeOfType<Unschedulable>();
        }, iter: 500);

        // Smallest first, each the smallest that is large enough: for sizes alone that finds a way if there is one.
        static bool HasRoom(int[] sizes, List<int> disks)
        {
            foreach (var size in sizes)
            {
                if (disks.Where(disk => disk >= size).Order().Cast<int?>().FirstOrDefault() is not { } disk)
                    return false;
                disks.Remove(disk);
            }

            return true;
        }
    }

    private IReadOnlyList<PreBindWrite> Reserve(V1Pod pod, string node)
    {
        if (pod.Metadata.Uid == "uid-p")
            pod.Metadata.Uid = $"uid-of-{string.Join('-', pod.Spec.Volumes.Select(volume => volume.Name))}";
        _harness.Scheduler.Reserve(pod.Info(), node).ShouldBeNull();
        return _harness.Scheduler.PreBind(pod.Info(), node);
    }

    private static V1Pod Named(string name, V1Pod pod)
    {
        (pod.Metadata.Name, pod.Metadata.Uid) = (name, $"uid-{name}");
        return pod;
    }

    private PreBindState StateOf(V1Pod pod, string node) => _harness.Scheduler.StateOf(pod.Info(), node);

    private void Set<T>(T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => VolumeObjects.Set(_harness, obj);

    private void Remove<T>(string name)
        where T : class, new() => _harness.Cache.RemoveObject(InputOf(new T()), new ObjectKey("", name));
}
