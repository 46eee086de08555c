using System.Text;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Documents.FieldSets;
using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Documents.Tests.FieldManagement;

/// <summary>An object that managers write one after the other, as the write pipeline does.</summary>
internal sealed class LiveObject(string kind)
{
    private static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private int _writes;

    public ResourceDefinition Definition { get; } = BuiltInKinds.Registry.All.First(definition => definition.Kind == kind);

    /// <summary>The version in which it is applied and updated; the storage version unless set.</summary>
    public ServedVersion ServedVersion { get => field ?? Definition.Storage; set; }

    public byte[]? Json { get; private set; }

    public JsonNode Node => JsonNode.Parse(Json)!;

    public IList<V1ManagedFieldsEntry> Entries => Json is null ? [] : Decode(Json).Metadata.ManagedFields ?? [];

    public void Apply(string manager, string configuration, bool force = false, string subresource = "")
    {
        var applied = ServerSideApply.Apply(
            ServedVersion, Json is null ? (ReadOnlyMemory<byte>?)null : ServedVersion.JsonOf(StoredObject.Read(Definition, Json)),
            ApplyConfiguration.Read(ServedVersion, Encoding.UTF8.GetBytes(YamlConverter.Parse(configuration)!.ToJsonString())),
            Writer(manager, subresource), force);
        var obj = ServedVersion.ToStorage(ServedVersion.Decode(applied.Json.Span));
        applied.Complete(obj);
        Definition.ApplyDefaults(obj);
        Store(obj);
    }

    /// <summary>Creates the object, or replaces it.</summary>
    public void Update(string manager, string json, string subresource = "")
    {
        var obj = ServedVersion.ToStorage(ServedVersion.Decode(Encoding.UTF8.GetBytes(YamlConverter.Parse(json)!.ToJsonString())));
        Definition.ApplyDefaults(obj);
        if (Json is null)
            OwnershipTracking.OnCreate(ServedVersion, obj, Writer(manager, subresource));
        else
            OwnershipTracking.OnUpdate(ServedVersion, obj, StoredObject.Read(Definition, Json), Writer(manager, subresource));
        Store(obj);
    }

    /// <summary>Changes the object in place.</summary>
    public void Edit(string manager, Action<KubeObject> change, string subresource = "")
    {
        var obj = Decode(Json!);
        change(obj);
        OwnershipTracking.OnUpdate(ServedVersion, obj, StoredObject.Read(Definition, Json), Writer(manager, subresource));
        Store(obj);
    }

    /// <summary>Puts an object there that nobody tracked.</summary>
    public void Plant(string json)
    {
        var obj = Decode(Encoding.UTF8.GetBytes(YamlConverter.Parse(json)!.ToJsonString()));
        Definition.ApplyDefaults(obj);
        Store(obj);
    }

    /// <summary>What a manager owns, as FieldsV1; null if nothing.</summary>
    public string? Owned(string manager, string operation = "Apply", string subresource = "")
    {
        var entry = Entries.SingleOrDefault(entry =>
            entry.Manager == manager && entry.Operation == operation && (entry.Subresource ?? "") == subresource);
        return entry?.FieldsV1.ToString();
    }

    public FieldSet FieldsOf(string manager, string operation = "Apply") =>
        Owned(manager, operation) is { } fields ? FieldSetJson.Read(fields) : FieldSet.Empty;

    private FieldWriter Writer(string manager, string subresource) => new(manager, subresource, Start.AddMinutes(_writes++));

    private KubeObject Decode(byte[] json) => Definition.Decode(json);

    private void Store(KubeObject obj) => Json = RevisionSplice.Set(Definition.Encode(obj), _writes + 1);
}
