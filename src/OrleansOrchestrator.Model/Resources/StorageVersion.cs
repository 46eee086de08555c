namespace OrleansOrchestrator.Model.Resources;

/// <summary>The storage version: needs no conversion.</summary>
internal sealed class StorageVersion(ResourceDefinition definition) : ServedVersion(definition)
{
    public override string? DeprecationWarning => Definition.DeprecationWarning;

    public override Type ModelType => Definition.ModelType;

    public override KubeObject Decode(ReadOnlySpan<byte> json) => Definition.Decode(json);

    public override KubeObject ToStorage(KubeObject obj) => obj;

    public override ReadOnlyMemory<byte> JsonOf(StoredObject obj) => obj.Json;
}
