using System.Text;
using k8s.Models;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Tables;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Core;

/// <summary>Configuration data, as text or bytes.</summary>
internal sealed class ConfigMapKind : ResourceDefinition<V1ConfigMap>
{
    /// <summary>The most bytes of all values of a ConfigMap or Secret together.</summary>
    internal const int DataBytesMax = 1024 * 1024;

    public override string Kind => "ConfigMap";

    public override string Plural => "configmaps";

    public override IReadOnlyList<string> ShortNames => ["cm"];

    protected override IReadOnlyList<TableColumn<V1ConfigMap>> TypedColumns =>
    [
        TableColumn<V1ConfigMap>.Name,
        TableColumn<V1ConfigMap>.Of("Data", map => (map.Data?.Count ?? 0) + (map.BinaryData?.Count ?? 0), "integer"),
        TableColumn<V1ConfigMap>.Age,
    ];

    protected override void Validate(V1ConfigMap obj, FieldErrors errors)
    {
        var data = FieldPath.Root("data");
        long bytes = 0;
        foreach (var (key, value) in obj.Data ?? new Dictionary<string, string>())
        {
            errors.Invalid(data.Key(key), key, NameRules.IsConfigMapKey(key));
            if (obj.BinaryData?.ContainsKey(key) == true)
                errors.Invalid(data.Key(key), key, $"duplicate of key present in binaryData");
            bytes += Encoding.UTF8.GetByteCount(value ?? "");
        }

        foreach (var (key, value) in obj.BinaryData ?? new Dictionary<string, byte[]>())
        {
            errors.Invalid(FieldPath.Root("binaryData").Key(key), key, NameRules.IsConfigMapKey(key));
            bytes += value?.Length ?? 0;
        }

        if (bytes > DataBytesMax)
            errors.TooLong(FieldPath.Root("[]"), DataBytesMax);
    }

    protected override void ValidateUpdate(V1ConfigMap updated, V1ConfigMap current, FieldErrors errors)
    {
        Validate(updated, errors);
        if (current.Immutable != true)
            return;
        if (updated.Immutable != true)
            errors.Forbidden(FieldPath.Root("immutable"), "field is immutable when `immutable` is set");
        if (!SameEntries(updated.Data, current.Data, StringComparer.Ordinal.Equals))
            errors.Forbidden(FieldPath.Root("data"), "field is immutable when `immutable` is set");
        if (!SameEntries(updated.BinaryData, current.BinaryData, (a, b) => a.AsSpan().SequenceEqual(b)))
            errors.Forbidden(FieldPath.Root("binaryData"), "field is immutable when `immutable` is set");
    }

    /// <summary>Whether two maps have the same keys with the same values; a missing map is an empty one.</summary>
    internal static bool SameEntries<TValue>(IDictionary<string, TValue>? left, IDictionary<string, TValue>? right, Func<TValue, TValue, bool> equal) =>
        (left?.Count ?? 0) == (right?.Count ?? 0) &&
        (left ?? new Dictionary<string, TValue>()).All(entry => right!.TryGetValue(entry.Key, out var value) && equal(entry.Value, value));
}
