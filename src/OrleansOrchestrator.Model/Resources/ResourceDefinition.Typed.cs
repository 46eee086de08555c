using System.Reflection;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>A kind with a model type. Override what differs from the defaults.</summary>
/// <typeparam name="T">The model, from KubernetesClient.</typeparam>
public abstract class ResourceDefinition<T> : ResourceDefinition
    where T : class, KubeObject
{
    private static readonly PropertyInfo? Spec = typeof(T).GetProperty("Spec");
    private static readonly PropertyInfo? Status = typeof(T).GetProperty("Status");
    private IReadOnlyList<TableColumn>? _columns;

    /// <inheritdoc/>
    public sealed override Type ModelType => typeof(T);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<TableColumn> Columns =>
        _columns ??= [.. TypedColumns.Select(column => column.Untyped())];

    /// <summary>The columns, in order. The first one is the name.</summary>
    protected virtual IReadOnlyList<TableColumn<T>> TypedColumns => [TableColumn<T>.Name, TableColumn<T>.Age];

    /// <summary>Whether a creator may set the status, as a node does that reports its machine.</summary>
    protected virtual bool KeepsStatusOnCreate => false;

    /// <inheritdoc/>
    public sealed override KubeObject Decode(ReadOnlySpan<byte> json) => ObjectCodec.Decode<T>(json);

    /// <inheritdoc/>
    public sealed override byte[] Encode(KubeObject obj)
    {
        obj.ApiVersion = ApiVersion;
        obj.Kind = Kind;
        obj.Metadata.ResourceVersion = null;
        obj.Metadata.SelfLink = null;
        return ObjectCodec.Encode((T)obj);
    }

    /// <inheritdoc/>
    public sealed override bool KeepsSpec => HasStatus && Spec is not null;

    /// <inheritdoc/>
    public sealed override bool SharesSpec(KubeObject obj, StoredObject current) =>
        Spec?.GetValue(obj) is { } spec && ReferenceEquals(spec, Spec.GetValue(current.SharedModel()));

    /// <inheritdoc/>
    public sealed override byte[] EncodeWithoutSpec(KubeObject obj)
    {
        var spec = Spec!.GetValue(obj);
        Spec.SetValue(obj, null);
        var json = Encode(obj);
        Spec.SetValue(obj, spec);
        return json;
    }

    /// <inheritdoc/>
    public sealed override void ApplyDefaults(KubeObject obj) => ApplyDefaults((T)obj);

    /// <inheritdoc/>
    public sealed override void PrepareForCreate(KubeObject obj)
    {
        if (HasStatus && !KeepsStatusOnCreate)
            Status!.SetValue(obj, null);
        PrepareForCreate((T)obj);
    }

    /// <inheritdoc/>
    public sealed override void PrepareForUpdate(KubeObject updated, KubeObject current)
    {
        if (HasStatus)
            Status!.SetValue(updated, Status.GetValue(current));
        PrepareForUpdate((T)updated, (T)current);
        if (TracksGeneration && !SameSpec(updated, current))
            updated.Metadata.Generation = (current.Metadata.Generation ?? 0) + 1;
    }

    /// <inheritdoc/>
    public sealed override void PrepareForStatusUpdate(KubeObject updated, KubeObject current)
    {
        Spec?.SetValue(updated, Spec.GetValue(current));
        updated.Metadata.OwnerReferences = current.Metadata.OwnerReferences;
        updated.Metadata.Finalizers = current.Metadata.Finalizers;
        updated.Metadata.DeletionTimestamp = current.Metadata.DeletionTimestamp;
        updated.Metadata.Labels = current.Metadata.Labels;
        PrepareForStatusUpdate((T)updated, (T)current);
    }

    /// <inheritdoc/>
    public sealed override void Validate(KubeObject obj, FieldErrors errors) => Validate((T)obj, errors);

    /// <inheritdoc/>
    public sealed override void ValidateUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        ValidateUpdate((T)updated, (T)current, errors);

    /// <inheritdoc/>
    public sealed override void ValidateStatusUpdate(KubeObject updated, KubeObject current, FieldErrors errors) =>
        ValidateStatusUpdate((T)updated, (T)current, errors);

    /// <inheritdoc/>
    public sealed override IReadOnlyList<string> Claims(KubeObject obj) => Claims((T)obj);

    /// <inheritdoc/>
    public sealed override long GracePeriodSeconds(KubeObject obj, long? requested) => GracePeriodSeconds((T)obj, requested);

    /// <inheritdoc/>
    public override IReadOnlyList<string> ValidateName(string name) => NameRules.IsDns1123Subdomain(name);

    /// <inheritdoc cref="ResourceDefinition.ApplyDefaults"/>
    protected virtual void ApplyDefaults(T obj)
    {
    }

    /// <inheritdoc/>
    protected sealed override void AddWarnings(KubeObject obj, KubeObject? current, List<string> warnings) =>
        AddWarnings((T)obj, (T?)current, warnings);

    /// <inheritdoc cref="ResourceDefinition.PrepareForCreate"/>
    protected virtual void PrepareForCreate(T obj)
    {
    }

    /// <inheritdoc cref="ResourceDefinition.PrepareForUpdate"/>
    protected virtual void PrepareForUpdate(T updated, T current)
    {
    }

    /// <inheritdoc cref="ResourceDefinition.PrepareForStatusUpdate"/>
    protected virtual void PrepareForStatusUpdate(T updated, T current)
    {
    }

    /// <inheritdoc cref="ResourceDefinition.Validate"/>
    protected virtual void Validate(T obj, FieldErrors errors)
    {
    }

    /// <summary>Validates a change. The default validates the new object as a whole.</summary>
    protected virtual void ValidateUpdate(T updated, T current, FieldErrors errors) => Validate(updated, errors);

    /// <inheritdoc cref="ResourceDefinition.ValidateStatusUpdate"/>
    protected virtual void ValidateStatusUpdate(T updated, T current, FieldErrors errors)
    {
    }

    /// <summary>Adds Kubernetes' warnings for objects of this kind.</summary>
    /// <param name="obj">The new object, defaults included.</param>
    /// <param name="current">The present object; null for a new one.</param>
    /// <param name="warnings">Receives the warnings, in Kubernetes' words and order.</param>
    protected virtual void AddWarnings(T obj, T? current, List<string> warnings)
    {
    }

    /// <inheritdoc cref="ResourceDefinition.Claims"/>
    protected virtual IReadOnlyList<string> Claims(T obj) => [];

    /// <inheritdoc cref="ResourceDefinition.GracePeriodSeconds"/>
    protected virtual long GracePeriodSeconds(T obj, long? requested) => 0;

    private static bool SameSpec(KubeObject left, KubeObject right) =>
        Spec is null || SemanticEquality.Equal(Spec.GetValue(left), Spec.GetValue(right));
}
