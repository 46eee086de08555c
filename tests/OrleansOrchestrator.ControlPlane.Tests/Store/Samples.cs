using k8s.Models;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Storage.Log;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

/// <summary>Objects, writes and changes to test with.</summary>
internal static class Samples
{
    public static ResourceRegistry Registry => BuiltInKinds.Registry;

    public static ResourceDefinition Maps => Registry[WellKnownResources.ConfigMaps];

    public static ResourceDefinition Pods => Registry[WellKnownResources.Pods];

    public static ResourceDefinition Nodes => Registry[WellKnownResources.Nodes];

    public static ResourceDefinition Services => Registry[WellKnownResources.Services];

    public static StoredObject Map(string @namespace, string name, long revision, string? value = null, string? app = null) =>
        Stored(Maps, MapModel(@namespace, name, value, app), revision);

    public static V1ConfigMap MapModel(string @namespace, string name, string? value = null, string? app = null) => new()
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = @namespace, Name = name, Uid = $"uid-{@namespace}-{name}", Labels = LabelsOf(app) },
        Data = new Dictionary<string, string> { ["value"] = value ?? "" },
    };

    public static StoredObject Pod(string @namespace, string name, long revision, string node = "", string? app = null, params string[] owners) => Stored(
        Pods,
        new V1Pod
        {
            Metadata = new V1ObjectMeta
            {
                NamespaceProperty = @namespace,
                Name = name,
                Uid = $"uid-{@namespace}-{name}",
                Labels = LabelsOf(app),
                OwnerReferences = [.. owners.Select(uid => new V1OwnerReference { ApiVersion = "v1", Kind = "Pod", Name = uid, Uid = uid })],
            },
            Spec = new V1PodSpec { NodeName = node.Length > 0 ? node : null, Containers = [new V1Container { Name = "c", Image = "i" }] },
        },
        revision);

    public static StoredObject Stored(ResourceDefinition definition, KubeObject obj, long revision) =>
        StoredObject.Read(definition, RevisionSplice.Set(definition.Encode(obj), revision));

    public static ObjectWrite Create(string name, string value = "", params string[] claims) =>
        new(WriteType.Create, "default", name, Maps.Encode(MapModel("default", name, value)), 0, claims);

    public static ObjectWrite Replace(string name, long expected, string value = "", params string[] claims) =>
        new(WriteType.Replace, "default", name, Maps.Encode(MapModel("default", name, value)), expected, claims);

    public static ObjectWrite Delete(string name, long expected) => new(WriteType.Delete, "default", name, null, expected, []);

    public static StoredChange Added(StoredObject obj) => new(LogChangeType.Added, obj, null);

    public static StoredChange Modified(StoredObject obj, StoredObject? previous = null) => new(LogChangeType.Modified, obj, previous);

    public static StoredChange Deleted(StoredObject obj, StoredObject? previous = null) => new(LogChangeType.Deleted, obj, previous);

    public static string ValueOf(StoredObject obj) => obj.SharedModel<V1ConfigMap>().Data["value"];

    private static Dictionary<string, string>? LabelsOf(string? app) => app is null ? null : new() { ["app"] = app };
}
