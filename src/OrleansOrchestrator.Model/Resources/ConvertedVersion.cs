using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>A version other than the storage version: a kind says how the one becomes the other.</summary>
/// <typeparam name="TStorage">The model of the storage version.</typeparam>
/// <typeparam name="TVersion">The model of this version.</typeparam>
/// <remarks>
/// The two conversions must be each other's inverse for every object that is stored: whoever reads an object in this version and
/// writes it back unchanged has changed nothing. What this version has no field for, it carries in annotations.
/// </remarks>
public abstract class ConvertedVersion<TStorage, TVersion>(ResourceDefinition definition) : ServedVersion(definition)
    where TStorage : class, KubeObject
    where TVersion : class, KubeObject
{
    /// <inheritdoc/>
    public sealed override Type ModelType => typeof(TVersion);

    /// <inheritdoc/>
    public sealed override KubeObject Decode(ReadOnlySpan<byte> json) => ObjectCodec.Decode<TVersion>(json);

    /// <inheritdoc/>
    public sealed override KubeObject ToStorage(KubeObject obj)
    {
        var converted = ToStorage((TVersion)obj);
        converted.ApiVersion = Definition.ApiVersion;
        converted.Kind = Definition.Kind;
        return converted;
    }

    /// <inheritdoc/>
    public sealed override ReadOnlyMemory<byte> JsonOf(StoredObject obj)
    {
        var converted = FromStorage((TStorage)obj.Decode());
        converted.ApiVersion = ApiVersion;
        converted.Kind = Definition.Kind;
        return ObjectCodec.Encode(converted);
    }

    /// <summary>Turns an object of this version into the storage version. Both may share parts; kind and version are set by the caller.</summary>
    protected abstract TStorage ToStorage(TVersion obj);

    /// <summary>Turns an object of the storage version, which belongs to the callee, into this version.</summary>
    protected abstract TVersion FromStorage(TStorage obj);
}
