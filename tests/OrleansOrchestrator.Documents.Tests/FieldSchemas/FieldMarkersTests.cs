using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldSchemas;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.FieldSchemas;

public sealed class FieldMarkersTests
{
    [Theory]
    [InlineData(typeof(V1ObjectMeta), "finalizers", "set")]
    [InlineData(typeof(V1ObjectMeta), "ownerReferences", "map uid")]
    [InlineData(typeof(V1ObjectMeta), "managedFields", "atomic")]
    [InlineData(typeof(V1PodSpec), "containers", "map name")]
    [InlineData(typeof(V1PodSpec), "imagePullSecrets", "map name")]
    [InlineData(typeof(V1PodSpec), "tolerations", "atomic")]
    [InlineData(typeof(V1PodSpec), "topologySpreadConstraints", "map topologyKey whenUnsatisfiable")]
    [InlineData(typeof(V1PodStatus), "hostIPs", "atomic")]
    [InlineData(typeof(V1ServiceSpec), "ports", "map port protocol")]
    [InlineData(typeof(V1JobStatus), "conditions", "atomic")]
    [InlineData(typeof(V1CertificateSigningRequestStatus), "conditions", "map type")]
    [InlineData(typeof(V1PodFailurePolicyOnExitCodesRequirement), "values", "set")]
    [InlineData(typeof(V1ResourcePolicyRule), "verbs", "set")]
    public void List_OfField_HasTypeAndKeys(Type owner, string field, string expected)
    {
        var markers = MarkersOf(owner, field);
        string.Join(' ', [markers.ListType, .. markers.ListMapKeys]).ShouldBe(expected);
        markers.MapType.ShouldBeNull();
    }

    [Theory]
    [InlineData(typeof(V1PodSpec), "nodeSelector", "atomic")]
    [InlineData(typeof(V1ServiceSpec), "selector", "atomic")]
    [InlineData(typeof(V1Scheduling), "nodeSelector", "atomic")]
    [InlineData(typeof(V1PersistentVolumeSpec), "claimRef", "granular")]
    [InlineData(typeof(V1ObjectMeta), "labels", null)]
    [InlineData(typeof(V1DeploymentSpec), "selector", null)]
    [InlineData(typeof(V1PodSpec), "nodeName", null)]
    public void Map_OfField_HasTypeIfItDiffers(Type owner, string field, string? expected)
    {
        var markers = MarkersOf(owner, field);
        markers.MapType.ShouldBe(expected);
        markers.ListType.ShouldBeNull();
    }

    [Theory]
    [InlineData(typeof(V1LabelSelector), "atomic")]
    [InlineData(typeof(V1ObjectReference), "atomic")]
    [InlineData(typeof(V1PodSpec), null)]
    public void Type_OfOneOwner_IsAtomic(Type type, string? expected) => FieldMarkers.OfType(type).MapType.ShouldBe(expected);

    [Fact]
    public void Items_OfListOfObjects_HaveNoType() => MarkersOf(typeof(V1PodList), "items").ListType.ShouldBeNull();

    // A key by which patches merge is one by which the owners of elements are told apart, unless the list has one owner.
    [Fact]
    public void MergeKey_OfEveryField_IsAmongItsMapKeys()
    {
        foreach (var (owner, field, strategy) in PatchStrategies.Entries().Where(entry => entry.Strategy.MergeKey is not null))
        {
            var markers = MarkersOf(owner, field);
            if (markers.ListType != "atomic")
                markers.ListMapKeys.ShouldContain(strategy.MergeKey!, $"{owner.Name}.{field}");
        }
    }

    private static FieldMarkers MarkersOf(Type owner, string field) => FieldMarkers.OfField(owner, field, owner.GetProperties()
        .Single(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name == field).PropertyType);
}
