using System.Text;
using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.CustomResources;

/// <summary>A custom kind of a test's own, and somebody who uses it.</summary>
internal sealed class Gadgets(SharedSilo shared, string group)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string DefinitionName => $"gadgets.{group}";

    public ResourceName Resource => new("gadgets", group);

    public ResourceDefinition Definition => shared.Registry[Resource];

    /// <summary>Defines the kind and waits until it is served.</summary>
    public async Task<Gadgets> DefineAsync(string extra = "", string root = "", string properties = "")
    {
        await shared.Api.CreateAsync(Crd(extra, root, properties));
        await Eventually.HoldsAsync(() => shared.Registry.Find(Resource) is not null);
        return this;
    }

    /// <summary>The definition.</summary>
    /// <param name="extra">More fields of spec.</param>
    /// <param name="root">More members of the schema.</param>
    /// <param name="properties">More fields beside spec.</param>
    public V1CustomResourceDefinition Crd(string extra = "", string root = "", string properties = "") => ObjectCodec.Decode<V1CustomResourceDefinition>(Encoding.UTF8.GetBytes("""
        {"metadata":{"name":"gadgets.GROUP"},
         "spec":{"group":"GROUP","scope":"Namespaced","names":{"plural":"gadgets","kind":"Gadget","shortNames":["gd"]},
          "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},
            "schema":{"openAPIV3Schema":{"type":"object", ROOT "properties":{ PROPERTIES
              "spec":{"type":"object","required":["size"],"properties":{
                "size":{"type":"integer","minimum":1},"color":{"type":"string","default":"red"} EXTRA }},
              "status":{"type":"object","properties":{"phase":{"type":"string"}}}}}}}]}}
        """.Replace("GROUP", group, StringComparison.Ordinal).Replace("EXTRA", extra, StringComparison.Ordinal)
            .Replace("ROOT", root, StringComparison.Ordinal).Replace("PROPERTIES", properties, StringComparison.Ordinal)));

    /// <summary>Replaces the versions of the definition, and waits until they are served.</summary>
    public async Task RedefineAsync(IList<V1CustomResourceDefinitionVersion> versions)
    {
        var before = Definition;
        var crd = await shared.Api.GetAsync<V1CustomResourceDefinition>("", DefinitionName);
        crd.Spec.Versions = versions;
        await shared.Api.UpdateAsync(crd);
        await Eventually.HoldsAsync(() => !ReferenceEquals(Definition, before));
    }

    public KubeObject Decode(string @namespace, string name, string content) => shared.Api.Objects.Decode(Definition.Storage, Encoding.UTF8.GetBytes(
        $$$"""{"apiVersion":"{{{group}}}/v1","kind":"Gadget","metadata":{"namespace":"{{{@namespace}}}","name":"{{{name}}}"},{{{content}}} }"""), ApiUser.Options);

    public async Task<CustomObject> CreateAsync(string @namespace, string name, string content) => Model(
        await shared.Api.Objects.CreateAsync(Definition.Storage, @namespace, Decode(@namespace, name, content), ApiUser.Options, Cancellation));

    public async Task<CustomObject> PatchAsync(string @namespace, string name, string patch, string subresource = "") => Model(
        await shared.Api.Objects.PatchAsync(
            new ObjectReference(Definition, new ObjectKey(@namespace, name), subresource), PatchType.MergePatch, Encoding.UTF8.GetBytes(patch),
            ApiUser.Options, Cancellation));

    public async Task<CustomObject> ApplyAsync(string @namespace, string name, string manager, string content) => Model(
        (await shared.Api.Objects.ApplyAsync(
            new ObjectReference(Definition, new ObjectKey(@namespace, name)),
            Encoding.UTF8.GetBytes($$$"""{"apiVersion":"{{{group}}}/v1","kind":"Gadget","metadata":{"name":"{{{name}}}"},{{{content}}} }"""),
            force: false, ApiUser.Options with { FieldManager = manager }, Cancellation)).Object);

    public async Task<List<CustomObject>> ListAsync(string @namespace) =>
    [
        .. (await shared.Api.Objects.ListAsync(Definition, new ListQuery(ObjectFilter.InNamespace(@namespace), Freshness.Latest), Cancellation))
            .Objects.Select(Model),
    ];

    private static CustomObject Model(StoredObject stored) => (CustomObject)stored.Decode();
}
