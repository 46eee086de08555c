using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>A stored object as serialised between silos: its JSON contains everything.</summary>
[GenerateSerializer, Immutable, Alias("StoredObjectSurrogate")]
internal struct StoredObjectSurrogate
{
    [Id(0)] public string Resource;
    [Id(1)] public ReadOnlyMemory<byte> Json;
}

/// <summary>Converts stored objects to their surrogates and back.</summary>
[RegisterConverter]
internal sealed class StoredObjectConverter(ResourceRegistry registry) : IConverter<StoredObject, StoredObjectSurrogate>
{
    public StoredObject ConvertFromSurrogate(in StoredObjectSurrogate surrogate) =>
        StoredObject.Read(registry[ResourceName.Parse(surrogate.Resource)], surrogate.Json);

    public StoredObjectSurrogate ConvertToSurrogate(in StoredObject value) =>
        new() { Resource = value.Definition.Name.ToString(), Json = value.Json };
}
