using k8s.Models;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Model.Tests.Metadata;

public class ObjectMetaRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, 750, TimeSpan.Zero);
    private static readonly DateTime NowSecond = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    private static readonly ResourceDefinition Pods = BuiltInKinds.Registry[WellKnownResources.Pods];
    private static readonly ResourceDefinition Maps = BuiltInKinds.Registry[WellKnownResources.ConfigMaps];
    private static readonly ResourceDefinition Nodes = BuiltInKinds.Registry[WellKnownResources.Nodes];

    [Fact]
    public void Create_WithForgedMetadata_DecidesWhatTheServerDecides()
    {
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Name = "p", Uid = "forged", Generation = 9, DeletionTimestamp = NowSecond, DeletionGracePeriodSeconds = 3 } };

        ObjectMetaRules.PrepareForCreate(Pods, pod, "ns", Now);

        pod.Metadata.NamespaceProperty.ShouldBe("ns");
        Guid.TryParse(pod.Metadata.Uid, out _).ShouldBeTrue();
        pod.Metadata.CreationTimestamp.ShouldBe(NowSecond);
        pod.Metadata.Generation.ShouldBe(1);
        pod.Metadata.DeletionTimestamp.ShouldBeNull();
        pod.Metadata.DeletionGracePeriodSeconds.ShouldBeNull();
    }

    [Fact]
    public void Create_FromAGenerateName_MakesAName()
    {
        var map = new V1ConfigMap { Metadata = new V1ObjectMeta { GenerateName = "web-" } };

        ObjectMetaRules.PrepareForCreate(Maps, map, "ns", Now);

        map.Metadata.Name.ShouldMatch("^web-[a-z0-9]{5}$");
        map.Metadata.Generation.ShouldBeNull();
    }

    [Fact]
    public void Create_OfAClusterScopedObject_HasNoNamespace()
    {
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = "n", NamespaceProperty = "ns" } };

        ObjectMetaRules.PrepareForCreate(Nodes, node, "", Now);

        node.Metadata.NamespaceProperty.ShouldBeNull();
    }

    [Theory]
    [InlineData("other", null, "the namespace of the provided object does not match the namespace sent on the request")]
    [InlineData("ns", "5", "resourceVersion should not be set on objects to be created")]
    public void Create_OfAContradiction_IsRefused(string ns, string? resourceVersion, string message)
    {
        var map = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "m", NamespaceProperty = ns, ResourceVersion = resourceVersion } };

        var refused = Should.Throw<ApiException>(() => ObjectMetaRules.PrepareForCreate(Maps, map, "ns", Now));

        refused.Code.ShouldBe(400);
        refused.Message.ShouldBe(message);
    }

    [Fact]
    public void Update_WithOtherMetadata_KeepsWhatTheServerDecided()
    {
        var current = Stored();
        var updated = new V1ConfigMap { Metadata = new V1ObjectMeta { Generation = 7, DeletionTimestamp = NowSecond } };

        ObjectMetaRules.PrepareForUpdate(Maps, updated, current, "ns");

        updated.Metadata.Name.ShouldBe("m");
        updated.Metadata.NamespaceProperty.ShouldBe("ns");
        updated.Metadata.Uid.ShouldBe("u");
        updated.Metadata.CreationTimestamp.ShouldBe(NowSecond);
        updated.Metadata.Generation.ShouldBeNull();
        updated.Metadata.DeletionTimestamp.ShouldBeNull();
    }

    [Theory]
    [InlineData("other", "u", 400)]
    [InlineData("m", "v", 409)]
    public void Update_OfAnotherObject_IsRefused(string name, string uid, int code)
    {
        var updated = new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, Uid = uid } };

        Should.Throw<ApiException>(() => ObjectMetaRules.PrepareForUpdate(Maps, updated, Stored(), "ns")).Code.ShouldBe(code);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(9007199254740993)]
    public void MarkDeleted_WithAnEndlessGracePeriod_WaitsACentury(long seconds)
    {
        var pod = BoundPod();

        ObjectMetaRules.MarkDeleted(Pods, pod, seconds, Now).ShouldBeTrue();
        pod.Metadata.DeletionTimestamp.ShouldBe(NowSecond.AddSeconds(ObjectMetaRules.GracePeriodSecondsMax));
        ObjectMetaRules.MarkDeleted(Pods, pod, 5, Now).ShouldBeTrue();
        pod.Metadata.DeletionTimestamp.ShouldBe(NowSecond.AddSeconds(5));
    }

    [Fact]
    public void MarkDeleted_Again_CanOnlyBeShortened()
    {
        var pod = BoundPod();

        ObjectMetaRules.MarkDeleted(Pods, pod, 40, Now).ShouldBeTrue();
        pod.Metadata.DeletionTimestamp.ShouldBe(NowSecond.AddSeconds(40));
        ObjectMetaRules.MarkDeleted(Pods, pod, 60, Now).ShouldBeFalse();
        ObjectMetaRules.MarkDeleted(Pods, pod, null, Now).ShouldBeFalse("whoever does not say so does not shorten it to the pod's own 30 s");
        ObjectMetaRules.MarkDeleted(Pods, pod, -3, Now).ShouldBeTrue();

        pod.Metadata.DeletionTimestamp.ShouldBe(NowSecond.AddSeconds(1));
        pod.Metadata.DeletionGracePeriodSeconds.ShouldBe(1);
    }

    [Fact]
    public void MarkDeleted_WhatNobodyHolds_HasNoGracePeriodWhateverIsAskedFor()
    {
        foreach (var definition in BuiltInKinds.Registry.All.Where(definition => definition.IsStored))
        {
            var obj = definition.Decode("{\"metadata\":{\"name\":\"a\"}}"u8.ToArray());

            ObjectMetaRules.MarkDeleted(definition, obj, 30, Now).ShouldBeTrue();

            obj.Metadata.DeletionGracePeriodSeconds.ShouldBe(0, definition.Kind);
            obj.Metadata.DeletionTimestamp.ShouldBe(NowSecond, definition.Kind);
        }
    }

    [Fact]
    public void MarkDeleted_WithAGeneration_CountsAsAChange()
    {
        var pod = new V1Pod { Metadata = new V1ObjectMeta { Generation = 4 } };

        ObjectMetaRules.MarkDeleted(Pods, pod, 0, Now);

        pod.Metadata.Generation.ShouldBe(5);
    }

    private static V1Pod BoundPod() => new() { Metadata = new V1ObjectMeta { Name = "p", NamespaceProperty = "ns" }, Spec = new V1PodSpec { NodeName = "n" } };

    private static V1ConfigMap Stored() =>
        new() { Metadata = new V1ObjectMeta { Name = "m", NamespaceProperty = "ns", Uid = "u", CreationTimestamp = NowSecond } };
}
