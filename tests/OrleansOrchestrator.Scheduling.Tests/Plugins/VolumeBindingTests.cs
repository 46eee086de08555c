using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Kinds.Core.Volumes;
using OrleansOrchestrator.Kinds.Storage;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Scheduling.Cluster;
using OrleansOrchestrator.Scheduling.Framework;
using OrleansOrchestrator.Scheduling.Placements;
using OrleansOrchestrator.Scheduling.Tests.Building;
using static OrleansOrchestrator.Scheduling.Tests.Building.PodObjects;

namespace OrleansOrchestrator.Scheduling.Tests.Plugins;

/// <summary>Pods with claims: VolumeBinding, VolumeRestrictions and VolumeZone.</summary>
public sealed class VolumeBindingTests
{
    private const string Unbound = "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims.";

    private static long s_revision;

    private readonly Harness _harness = new(NodeOf("a"), NodeOf("b"));

    public VolumeBindingTests()
    {
        Set(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "at-once" }, Provisioner = "example.com/disks", VolumeBindingMode = "Immediate" });
        Set(new V1StorageClass { Metadata = new V1ObjectMeta { Name = "manual" }, Provisioner = StorageClasses.NoProvisioner, VolumeBindingMode = "WaitForFirstConsumer" });
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
        Set(harness, new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "y__z" } },
            Spec = new V1PersistentVolumeSpec(),
        });
        Set(harness, ClaimOf("data", volume: "disk"));

        harness.Choices(WithClaim("data")).ShouldBe(["b"]);
        Set(harness, new V1PersistentVolume
        {
            Metadata = new V1ObjectMeta { Name = "disk", ResourceVersion = "2", Labels = new Dictionary<string, string> { ["topology.kubernetes.io/zone"] = "w" } },
            Spec = new V1PersistentVolumeSpec(),
        });
        harness.Refuse(WithClaim("data")).ShouldBe("0/2 nodes are available: 2 node(s) had no available volume zone.");
    }

    [Fact]
    public void Pod_VolumeIsOutsideOfTheSampleOfNodes_IsPlacedThere()
    {
        var harness = new Harness(new SchedulerOptions { PercentageOfNodesToScore = 5 }, [.. Enumerable.Range(0, 400).Select(i => NodeOf($"n{i}"))]);
        foreach (var host in (string[])["n0", "n123", "n399"])
        {
            Set(harness, VolumeOn("disk", host, claim: "data"));
            Set(harness, ClaimOf("data", volume: "disk"));
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

        cluster.WokenBy(cache => Set(cache, ClaimOf("one", "manual"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => Set(cache, VolumeOn("elsewhere", "a", "slow"))).ShouldBeEmpty();
        cluster.WokenBy(cache => Set(cache, VolumeOn("taken", "a", "manual", claim: "somebody"))).ShouldBeEmpty();
        cluster.WokenBy(cache => Set(cache, VolumeOn("its-own", "b", "slow", claim: "one"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => Set(cache, VolumeOn("free", "b", "manual"))).ShouldBe(["p-one"]);
        cluster.TryAll();
        cluster.WokenBy(cache => Set(cache, new V1StorageClass { Metadata = new V1ObjectMeta { Name = "manual" }, Provisioner = "x", VolumeBindingMode = "WaitForFirstConsumer" }))
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
            Set(harness, new V1StorageClass { Metadata = new V1ObjectMeta { Name = "manual" }, Provisioner = StorageClasses.NoProvisioner, VolumeBindingMode = "WaitForFirstConsumer" });
            for (var i = 0; i < disks.Length; i++)
                Set(harness, VolumeOn($"disk-{i}", hosts[disks[i].Item1], "manual", $"{disks[i].Item2}Gi", disks[i].Item3 ? null : "somebody"));
            for (var i = 0; i < wanted.Length; i++)
                Set(harness, ClaimOf($"c{i}", "manual", size: $"{wanted[i].Item1}Gi"));
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

    private static V1Node NodeOf(string name) => Nodes.Create(name).WithLabel("kubernetes.io/hostname", name);

    private static V1Pod WithClaim(params string[] claims)
    {
        var pod = Create("p");
        pod.Spec.Volumes = [.. claims.Select(claim => new V1Volume { Name = claim, PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim } })];
        return pod;
    }

    private static V1PersistentVolumeClaim ClaimOf(
        string name, string className = "", string? volume = null, string size = "1Gi", string mode = "ReadWriteOnce", Action<V1PersistentVolumeClaim>? change = null)
    {
        var claim = new V1PersistentVolumeClaim
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name, Uid = $"uid-{name}", ResourceVersion = "1" },
            Spec = new V1PersistentVolumeClaimSpec
            {
                AccessModes = [mode],
                StorageClassName = className,
                VolumeName = volume,
                Resources = new V1VolumeResourceRequirements { Requests = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) } },
            },
            Status = new V1PersistentVolumeClaimStatus { Phase = volume is null ? "Pending" : "Bound" },
        };
        if (volume is not null)
            claim.Metadata.Annotations = new Dictionary<string, string> { [VolumeMetadataKeys.BindCompleted] = "yes" };
        change?.Invoke(claim);
        return claim;
    }

    private static V1PersistentVolume VolumeOn(string name, string host, string className = "", string size = "5Gi", string? claim = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, ResourceVersion = "1" },
        Spec = new V1PersistentVolumeSpec
        {
            AccessModes = ["ReadWriteOnce", "ReadWriteOncePod"],
            Capacity = new Dictionary<string, ResourceQuantity> { ["storage"] = new(size) },
            StorageClassName = className,
            ClaimRef = claim is null ? null : new V1ObjectReference { NamespaceProperty = "default", Name = claim, Uid = $"uid-{claim}" },
            NodeAffinity = host.Length == 0 ? null : new V1VolumeNodeAffinity
            {
                Required = new V1NodeSelector
                {
                    NodeSelectorTerms = [new V1NodeSelectorTerm { MatchExpressions = [new V1NodeSelectorRequirement { Key = "kubernetes.io/hostname", OperatorProperty = "In", Values = [host] }] }],
                },
            },
        },
        Status = new V1PersistentVolumeStatus { Phase = claim is null ? "Available" : "Bound" },
    };

    private IReadOnlyList<PreBindWrite> Reserve(V1Pod pod, string node)
    {
        if (pod.Metadata.Uid == "uid-p")
            pod.Metadata.Uid = $"uid-of-{string.Join('-', pod.Spec.Volumes.Select(volume => volume.Name))}";
        _harness.Scheduler.Reserve(pod.Info(), node).ShouldBeNull();
        return _harness.Scheduler.PreBind(pod.Info(), node);
    }

    private PreBindState StateOf(V1Pod pod, string node) => _harness.Scheduler.StateOf(pod.Info(), node);

    private void Set<T>(T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => Set(_harness, obj);

    private static void Set<T>(Harness harness, T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta> => Set(harness.Cache, obj);

    private static IReadOnlyList<ClusterEvent> Set<T>(SchedulerCache cache, T obj)
        where T : class, k8s.IKubernetesObject<V1ObjectMeta>
    {
        obj.Metadata.ResourceVersion = Interlocked.Increment(ref s_revision).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return cache.SetObject(InputOf(obj), new ObjectKey(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name), obj);
    }

    private void Remove<T>(string name)
        where T : class, new() => _harness.Cache.RemoveObject(InputOf(new T()), new ObjectKey("", name));

    private static ObjectInput InputOf(object obj) => obj switch
    {
        V1PersistentVolumeClaim => ObjectInputs.PersistentVolumeClaims,
        V1PersistentVolume => ObjectInputs.PersistentVolumes,
        _ => ObjectInputs.StorageClasses,
    };
}
