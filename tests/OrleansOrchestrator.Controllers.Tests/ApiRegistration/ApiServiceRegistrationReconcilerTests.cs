using OrleansOrchestrator.Controllers.ApiRegistration;
using OrleansOrchestrator.Controllers.Tests.Reconciling;
using OrleansOrchestrator.Kinds.ApiExtensions;
using OrleansOrchestrator.Kinds.ApiRegistration;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Controllers.Tests.ApiRegistration;

public sealed class ApiServiceRegistrationReconcilerTests
{
    private static readonly ObjectKey Key = new("", "v1.one.io");

    private readonly ApiServiceRegistrationReconciler _reconciler = new();
    private readonly ClusterModel _cluster = new();

    private V1APIService? Present => _cluster.Find<V1APIService>(Key);

    [Fact]
    public void Version_OfCustomKinds_HasAnAPIServiceWhileOneOfThemIsServed()
    {
        var gadgets = AddDefinition("gadgets");
        var widgets = AddDefinition("widgets");

        _cluster.Settle(_reconciler, Key);
        (Present!.Spec.Group, Present.Spec.Version, Present.Spec.GroupPriorityMinimum, Present.Spec.VersionPriority).ShouldBe(("one.io", "v1", 1000, 100));
        Present.Metadata.Labels[ApiServices.AutomanagedLabel].ShouldBe("true");

        _cluster.Remove(gadgets);
        _cluster.Settle(_reconciler, Key);
        Present.ShouldNotBeNull();

        _cluster.Remove(widgets);
        _cluster.Settle(_reconciler, Key);
        Present.ShouldBeNull();
    }

    [Fact]
    public void Version_OfADefinitionThatIsNotServedYet_HasNone()
    {
        AddDefinition("gadgets", isEstablished: false);
        _cluster.Settle(_reconciler, Key);
        Present.ShouldBeNull();
    }

    [Fact]
    public void APIService_ThatIsMaintained_IsRestored()
    {
        AddDefinition("gadgets");
        _cluster.Settle(_reconciler, Key);
        Present!.Spec.Service = new Apiregistrationv1ServiceReference { NamespaceProperty = "a", Name = "b" };
        Present.Spec.GroupPriorityMinimum = 5;

        _cluster.Settle(_reconciler, Key);

        (Present!.Spec.Service, Present.Spec.GroupPriorityMinimum).ShouldBe((null, 1000));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("onstart")]
    [InlineData("false")]
    public void APIService_ThatIsNotMaintained_IsLeftAlone(string? label)
    {
        var api = ApiServices.OfCustomKinds("one.io", "v1");
        api.Metadata.Labels = label is null ? null : new Dictionary<string, string> { [ApiServices.AutomanagedLabel] = label };
        api.Spec.Service = new Apiregistrationv1ServiceReference { NamespaceProperty = "a", Name = "b" };
        _cluster.Add(api);

        _cluster.Step(_reconciler, Key).Actions.ShouldBeEmpty();
        AddDefinition("gadgets");
        _cluster.Step(_reconciler, Key).Actions.ShouldBeEmpty();
    }

    private V1CustomResourceDefinition AddDefinition(string plural, bool isEstablished = true) => _cluster.Add(new V1CustomResourceDefinition
    {
        Metadata = new V1ObjectMeta { Name = $"{plural}.one.io" },
        Spec = new V1CustomResourceDefinitionSpec
        {
            Group = "one.io",
            Names = new V1CustomResourceDefinitionNames { Plural = plural },
            Versions = [new V1CustomResourceDefinitionVersion { Name = "v1", Served = true }, new V1CustomResourceDefinitionVersion { Name = "v2", Served = false }],
        },
        Status = new V1CustomResourceDefinitionStatus
        {
            Conditions = isEstablished ? [new V1CustomResourceDefinitionCondition { Type = CustomResourceConditions.Established, Status = "True" }] : [],
        },
    });
}
