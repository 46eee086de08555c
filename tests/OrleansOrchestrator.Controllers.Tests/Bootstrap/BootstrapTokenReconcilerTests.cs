using OrleansOrchestrator.Controllers.Bootstrap;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.Bootstrap;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.Bootstrap;

public sealed class BootstrapTokenReconcilerTests
{
    private static readonly ObjectKey Public = new("", ClusterInfo.Namespace);
    private static readonly BootstrapToken Token = new("abcdef", "0123456789abcdef");
    private static readonly BootstrapTokenReconciler Reconciler = new();

    private readonly ClusterModel _cluster = new();

    public BootstrapTokenReconcilerTests()
    {
        _cluster.Add(new V1Namespace { Metadata = new V1ObjectMeta { Name = ClusterInfo.Namespace } });
        _cluster.Add(new V1ConfigMap
        {
            Metadata = new V1ObjectMeta { Name = ClusterInfo.Name, NamespaceProperty = ClusterInfo.Namespace },
            Data = new Dictionary<string, string> { [ClusterInfo.KubeConfigKey] = "kind: Config" },
        });
    }

    private IDictionary<string, string> Data => _cluster.Find<V1ConfigMap>(new ObjectKey(ClusterInfo.Namespace, ClusterInfo.Name))!.Data;

    [Fact]
    public void Token_ThatSigns_SignsTheInformation_UntilItIsRevoked()
    {
        _cluster.Add(Token.ToSecret("", null, [BootstrapToken.Signing, BootstrapToken.Authentication], []));
        _cluster.Add(new BootstrapToken("nosign", "0123456789abcdef").ToSecret("", null, [BootstrapToken.Authentication], []));
        _cluster.Add(new V1Secret { Metadata = new V1ObjectMeta { Name = "bootstrap-token-ffffff", NamespaceProperty = BootstrapToken.Namespace }, Type = "Opaque" });

        _cluster.Step(Reconciler, Public);
        _cluster.Step(Reconciler, Public).Actions.ShouldBeEmpty();

        Data.Keys.ShouldBe([ClusterInfo.KubeConfigKey, ClusterInfo.SignaturePrefix + Token.Id], ignoreOrder: true);
        ClusterInfo.IsSignedBy(Data[ClusterInfo.KubeConfigKey], Data[ClusterInfo.SignaturePrefix + Token.Id], Token).ShouldBeTrue();

        _cluster.Remove(_cluster.Find<V1Secret>(new ObjectKey(BootstrapToken.Namespace, Token.SecretName))!);
        _cluster.Step(Reconciler, Public);
        Data.Keys.ShouldBe([ClusterInfo.KubeConfigKey]);
    }

    [Fact]
    public void Token_ThatHasEnded_IsDeleted()
    {
        _cluster.Add(Token.ToSecret("", _cluster.Now.AddHours(1), [BootstrapToken.Signing], []));

        _cluster.Step(Reconciler, Public).RequeueAfter.ShouldBe(TimeSpan.FromHours(1));
        _cluster.Now += TimeSpan.FromHours(1);
        _cluster.Step(Reconciler, Public);
        _cluster.All<V1Secret>().ShouldBeEmpty();
        Data.Keys.ShouldBe([ClusterInfo.KubeConfigKey]);
    }

    [Fact]
    public void Token_WithATimeThatIsNone_IsDeleted()
    {
        var secret = Token.ToSecret("", null, [BootstrapToken.Signing], []);
        secret.Data["expiration"] = "soon"u8.ToArray();
        _cluster.Add(secret);

        _cluster.Step(Reconciler, Public);
        _cluster.All<V1Secret>().ShouldBeEmpty();
    }
}
