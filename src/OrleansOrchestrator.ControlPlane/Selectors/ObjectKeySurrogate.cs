using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Selectors;

/// <summary>A key as serialised between silos.</summary>
[GenerateSerializer, Immutable, Alias("ObjectKeySurrogate")]
internal struct ObjectKeySurrogate
{
    [Id(0)] public string Namespace;

    [Id(1)] public string Name;
}

/// <summary>Converts keys to their surrogates and back.</summary>
[RegisterConverter]
internal sealed class ObjectKeyConverter : IConverter<ObjectKey, ObjectKeySurrogate>
{
    public ObjectKey ConvertFromSurrogate(in ObjectKeySurrogate surrogate) => new(surrogate.Namespace, surrogate.Name);

    public ObjectKeySurrogate ConvertToSurrogate(in ObjectKey value) => new() { Namespace = value.Namespace, Name = value.Name };
}
