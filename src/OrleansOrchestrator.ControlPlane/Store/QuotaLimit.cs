namespace OrleansOrchestrator.ControlPlane.Store;

/// <summary>A quota that a write must keep to, as admission knows it.</summary>
/// <param name="Name">The quota's name, in the namespace of the object that is written.</param>
/// <param name="Spec">What it says, as the JSON of its spec: the store reads it once.</param>
[GenerateSerializer, Immutable, Alias("QuotaLimit")]
internal sealed record QuotaLimit([property: Id(0)] string Name, [property: Id(1)] ReadOnlyMemory<byte> Spec);
