using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>A version other than the storage version, with conversions in both directions.</summary>
/// <typeparam name="TStorage">The model of the storage version.</typeparam>
/// <typeparam name="TVersion">The model of this version.</typeparam>
/// <remarks>
/// The two conversions must be inverse for every stored object: reading an object in this version and writing it back unchanged changes
/// nothing. Fields without a counterpart in this version are kept in annotations.
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

    /// <summary>Converts an object of this version to the storage version. Both may share parts; the caller sets kind and
    /// version.</summary>
    protected abstract TStorage ToStorage(TVersion obj);

    /// <summary>Converts an object of the storage version, which the callee owns, to this version.</summary>
    protected abstract TVersion FromStorage(TStorage obj);
}
