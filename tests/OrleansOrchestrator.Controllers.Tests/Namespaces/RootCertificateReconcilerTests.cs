using OrleansOrchestrator.Controllers.Namespaces;
using OrleansOrchestrator.Controllers.Reconciling;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Namespaces;

public sealed class RootCertificateReconcilerTests
{
    private const string Pem = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----";

    private static readonly ObjectKey Key = new("", Samples.Namespace);
    private static readonly ObjectKey MapKey = new(Samples.Namespace, "kube-root-ca.crt");
    private static readonly RootCertificateReconciler Reconciler = new(new RootCertificate(Pem));

    [Fact]
    public void Reconcile_ActiveNamespace_GetsTheCertificate()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());

        cluster.Settle(Reconciler, Key).ShouldBe(1);
        cluster.Find<V1ConfigMap>(MapKey)!.Data.ShouldBe(new Dictionary<string, string> { ["ca.crt"] = Pem });

        cluster.Remove(cluster.Find<V1ConfigMap>(MapKey)!);
        cluster.Settle(Reconciler, Key).ShouldBe(1, "a deleted one comes back");
    }

    [Fact]
    public void Reconcile_ChangedMap_RestoresTheDataOnly()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());
        cluster.Settle(Reconciler, Key);
        var map = cluster.Find<V1ConfigMap>(MapKey)!;
        map.Data = new Dictionary<string, string> { ["ca.crt"] = "forged", ["more"] = "x" };
        map.Metadata.Labels = new Dictionary<string, string> { ["kept"] = "yes" };

        cluster.Settle(Reconciler, Key).ShouldBe(1);

        var restored = cluster.Find<V1ConfigMap>(MapKey)!;
        restored.Data.ShouldBe(new Dictionary<string, string> { ["ca.crt"] = Pem });
        restored.Metadata.Labels.ShouldContainKey("kept");
    }

    [Fact]
    public void Reconcile_DeletingNamespace_GetsNone()
    {
        var cluster = new ClusterModel();
        var ns = NewNamespace();
        ns.Metadata.DeletionTimestamp = ClusterModel.Start.UtcDateTime;
        cluster.Add(ns);

        cluster.Step(Reconciler, Key).ShouldBeSameAs(Plan.Nothing);
    }

    [Fact]
    public void Reconcile_WithoutCertificate_PlansNothing()
    {
        var cluster = new ClusterModel();
        cluster.Add(NewNamespace());

        cluster.Step(new RootCertificateReconciler(new RootCertificate(null)), Key).ShouldBeSameAs(Plan.Nothing);
    }

    private static V1Namespace NewNamespace() => new()
    {
        ApiVersion = "v1",
        Kind = "Namespace",
        Metadata = new V1ObjectMeta { Name = Samples.Namespace },
        Status = new V1NamespaceStatus { Phase = "Active" },
    };
}
