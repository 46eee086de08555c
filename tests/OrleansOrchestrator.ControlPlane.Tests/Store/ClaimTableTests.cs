using System.Net;
using CsCheck;
using k8s.Models;
using OrleansOrchestrator.Controllers.NodeAddressing;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Kinds.Core;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ClaimTableTests
{
    private static readonly Gen<string[]> Claims = Gen.OneOf("p", "q", "r", "s").HashSet[0, 3].Select(set => set.ToArray());

    private static readonly NodeRangePool[] Pools =
    [
        new(IPNetwork.Parse("10.244.0.0/24"), 26), new(IPNetwork.Parse("10.244.0.0/24"), 27), new(IPNetwork.Parse("10.244.0.128/25"), 28),
        new(IPNetwork.Parse("fd00:10::/62"), 64),
    ];

    [Fact]
    public void RandomClaims_AreNeverHeldByTwo_AndRefusalsChangeNothing() =>
        Gen.Select(Gen.Int[0, 3], Claims).Array[0, 60].Sample(steps =>
        {
            var table = new ClaimTable(Samples.Services);
            var model = new Dictionary<ObjectKey, string[]>();
            foreach (var (who, claims) in steps)
            {
                var key = new ObjectKey("default", $"s{who}");
                var heldByOthers = model.Where(held => held.Key != key).SelectMany(held => held.Value).ToHashSet();
                var refused = table.TryClaim(key, claims);
                if (claims.Any(heldByOthers.Contains))
                {
                    heldByOthers.ShouldContain(refused.ShouldNotBeNull());
                }
                else
                {
                    refused.ShouldBeNull();
                    model[key] = claims;
                }
            }
        }, iter: 300);

    [Fact]
    public void Rebuild_TakesTheClaimsOfTheObjects_AndForgetsAllOthers()
    {
        var table = new ClaimTable(Samples.Services);
        table.TryClaim(new ObjectKey("default", "gone"), ["ip/10.0.0.1"]);
        table.Rebuild(ObjectTree.Empty.With(Samples.Stored(Samples.Services, Service("kept", "10.0.0.2"), 3)));

        var other = new ObjectKey("default", "other");
        table.TryClaim(other, ["ip/10.0.0.2"]).ShouldBe("ip/10.0.0.2");
        table.TryClaim(other, ["ip/10.0.0.1"]).ShouldBeNull();
    }

    /// <summary>Nodes come with ranges of the cluster or of their own, go, and get ranges, while the store restarts.</summary>
    [Fact]
    public void Ranges_InAnyOrderOfChanges_AreGivenToOneNodeOnly() =>
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 3], Gen.Int[0, 40]).Array[0, 60].Sample(steps =>
        {
            var table = new ClaimTable(Samples.Nodes);
            var nodes = new Dictionary<ObjectKey, IPNetwork>();
            foreach (var (who, what, choice) in steps)
            {
                var key = new ObjectKey("", $"n{who}");
                var others = nodes.Where(node => node.Key != key).Select(node => node.Value).ToList();
                // Silos with different options may choose at the same time, and so may administrators.
                var range = Pools[choice % Pools.Length].At(choice % Pools[choice % Pools.Length].Count);
                var claim = NodeClaims.Range(range);
                switch (what)
                {
                    case 0 when !nodes.ContainsKey(key):
                        table.IsHeld(claim).ShouldBe(others.Exists(other => range.Overlaps(other)));
                        if (others.Exists(other => range.Overlaps(other)))
                        {
                            table.TryClaim(key, [claim]).ShouldBe(claim);
                            break;
                        }

                        table.TryClaim(key, [claim]).ShouldBeNull();
                        nodes[key] = range;
                        break;
                    case 1 when !nodes.ContainsKey(key):
                        table.TryClaim(key, [claim], areShared: true).ShouldBeNull("administrators write what they like");
                        nodes[key] = range;
                        break;
                    case 2:
                        table.TryClaim(key, []).ShouldBeNull();
                        nodes.Remove(key);
                        break;
                    default:
                        table.Rebuild(nodes.Aggregate(ObjectTree.Empty, (tree, node) => tree.With(Samples.Stored(Samples.Nodes, Node(node.Key.Name, node.Value), 3))));
                        break;
                }
            }
        }, iter: 300);

    [Fact]
    public void Range_OfANode_IsKeptByEveryFurtherWrite()
    {
        var table = new ClaimTable(Samples.Nodes);
        var (one, other) = (new ObjectKey("", "one"), new ObjectKey("", "other"));
        var claim = NodeClaims.Range(IPNetwork.Parse("10.244.1.0/24"));
        table.TryClaim(one, [claim]).ShouldBeNull();
        table.TryClaim(one, [claim]).ShouldBeNull();
        table.TryClaim(other, [claim], areShared: true).ShouldBeNull();
        table.TryClaim(one, []).ShouldBeNull();

        table.IsHeld(claim).ShouldBeTrue("the other one still has it");
        table.IsHeld(NodeClaims.Range(IPNetwork.Parse("10.244.1.128/25"))).ShouldBeTrue();
        table.IsHeld(NodeClaims.Range(IPNetwork.Parse("10.240.0.0/12"))).ShouldBeTrue();
        table.IsHeld(NodeClaims.Range(IPNetwork.Parse("10.244.0.0/24"))).ShouldBeFalse();
        table.TryClaim(other, []);
        table.IsHeld(NodeClaims.Range(IPNetwork.Parse("0.0.0.0/0"))).ShouldBeFalse();
    }

    [Fact]
    public void ClaimTable_KindWithoutClaims_IsNeverRefused()
    {
        var table = new ClaimTable(Samples.Maps);
        table.TryClaim(new ObjectKey("default", "a"), ["x"]).ShouldBeNull();
        table.TryClaim(new ObjectKey("default", "b"), ["x"]).ShouldBeNull();
    }

    private static V1Node Node(string name, IPNetwork range) => new()
    {
        Metadata = new V1ObjectMeta { Name = name },
        Spec = new V1NodeSpec { PodCIDR = range.ToString(), PodCIDRs = [range.ToString()] },
    };

    private static V1Service Service(string name, string address) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1ServiceSpec { Type = "ClusterIP", ClusterIP = address, ClusterIPs = [address], Ports = [new V1ServicePort { Port = 80 }] },
    };
}
