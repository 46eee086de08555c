using CsCheck;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class ClaimTableTests
{
    private static readonly Gen<string[]> Claims = Gen.OneOf("p", "q", "r", "s").HashSet[0, 3].Select(set => set.ToArray());

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

    [Fact]
    public void ClaimTable_KindWithoutClaims_IsNeverRefused()
    {
        var table = new ClaimTable(Samples.Maps);
        table.TryClaim(new ObjectKey("default", "a"), ["x"]).ShouldBeNull();
        table.TryClaim(new ObjectKey("default", "b"), ["x"]).ShouldBeNull();
    }

    private static V1Service Service(string name, string address) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = "default", Name = name },
        Spec = new V1ServiceSpec { Type = "ClusterIP", ClusterIP = address, ClusterIPs = [address], Ports = [new V1ServicePort { Port = 80 }] },
    };
}
