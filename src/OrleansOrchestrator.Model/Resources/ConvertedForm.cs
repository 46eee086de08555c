using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>A form other than the storage form: a kind says how the one becomes the other.</summary>
/// <typeparam name="TStorage">The model of the storage form.</typeparam>
/// <typeparam name="TForm">The model of this form.</typeparam>
/// <remarks>
/// The two conversions must be each other's inverse for every object that is stored: whoever reads an object in this form and
/// writes it back unchanged has changed nothing. What this form has no field for, it carries in annotations.
/// </remarks>
public abstract class ConvertedForm<TStorage, TForm>(ResourceDefinition definition) : ResourceForm(definition)
    where TStorage : class, KubeObject
    where TForm : class, KubeObject
{
    /// <inheritdoc/>
    public sealed override Type ModelType => typeof(TForm);

    /// <inheritdoc/>
    public sealed override KubeObject Decode(ReadOnlySpan<byte> json) => ObjectCodec.Decode<TForm>(json);

    /// <inheritdoc/>
    public sealed override KubeObject ToStorage(KubeObject obj)
    {
        var converted = ToStorage((TForm)obj);
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

    /// <summary>Turns an object of this form into the storage form. Both may share parts; kind and version are set by the caller.</summary>
    protected abstract TStorage ToStorage(TForm obj);

    /// <summary>Turns an object of the storage form, which belongs to the callee, into this form.</summary>
    protected abstract TForm FromStorage(TStorage obj);
}
