using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Names;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>
/// Kubernetes objects inside custom objects (<c>x-kubernetes-embedded-resource</c>). They have apiVersion and kind, and ordinary
/// metadata.
/// </summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#rawextension</remarks>
internal static class EmbeddedResources
{
    /// <summary>Normalises kind and metadata of all embedded objects: metadata keeps its known fields.</summary>
    /// <param name="value">The value, changed in place.</param>
    /// <param name="schema">Its schema.</param>
    /// <param name="path">Where it is; null for a whole object.</param>
    /// <param name="dropsMalformed">Whether parts with a wrong type are dropped, as in stored objects.</param>
    /// <returns>Whether anything changed.</returns>
    /// <exception cref="FormatException">A part has a wrong type.</exception>
    public static bool Coerce(JsonNode? value, StructuralSchema schema, FieldPath? path, bool dropsMalformed)
    {
        if (!schema.HasEmbeddedResources)
            return false;
        var isChanged = false;
        if (value is JsonObject obj)
        {
            if (schema.IsEmbeddedResource)
                isChanged = CoerceResource(obj, path!, dropsMalformed);
            foreach (var (name, member) in obj)
            {
                if (schema.FieldOf(name) is { } field)
                    isChanged |= Coerce(member, field, ChildOf(path, name), dropsMalformed);
            }
        }
        else if (value is JsonArray array && schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
                isChanged |= Coerce(array[i], items, path!.Index(i), dropsMalformed);
        }

        return isChanged;
    }

    /// <summary>Validates all embedded objects.</summary>
    public static void Validate(JsonNode? value, StructuralSchema schema, FieldPath? path, FieldErrors errors)
    {
        if (!schema.HasEmbeddedResources)
            return;
        if (value is JsonObject obj)
        {
            if (schema.IsEmbeddedResource)
                ValidateResource(obj, path!, errors);
            foreach (var (name, member) in obj)
            {
                if (schema.FieldOf(name) is { } field)
                    Validate(member, field, ChildOf(path, name), errors);
            }
        }
        else if (value is JsonArray array && schema.Items is { } items)
        {
            for (var i = 0; i < array.Count; i++)
                Validate(array[i], items, path!.Index(i), errors);
        }
    }

    private static FieldPath ChildOf(FieldPath? path, string name) => path?.Child(name) ?? FieldPath.Root(name);

    private static bool CoerceResource(JsonObject obj, FieldPath path, bool dropsMalformed)
    {
        var isChanged = false;
        foreach (var name in (string[])["apiVersion", "kind"])
        {
            if (!obj.TryGetPropertyValue(name, out var text) || text is JsonValue scalar && scalar.TryGetValue<string>(out _))
                continue;
            if (!dropsMalformed)
                throw new FormatException($"{path.Child(name)}: Invalid value: {text?.ToJsonString() ?? "null"}: must be a string");
            isChanged |= obj.Remove(name);
        }

        if (!obj.TryGetPropertyValue("metadata", out var metadata))
            return isChanged;
        var coerced = dropsMalformed ? ReadWhatFits(metadata) : Read(metadata, path.Child("metadata"));
        if (JsonNode.DeepEquals(coerced, metadata))
            return isChanged;
        obj["metadata"] = coerced;
        return true;
    }

    private static JsonNode Read(JsonNode? metadata, FieldPath path)
    {
        try
        {
            return LenientJson.Of(ModelOf(metadata));
        }
        catch (JsonException malformed)
        {
            throw new FormatException($"{path}: Invalid value: {metadata?.ToJsonString()}: {malformed.Message}", malformed);
        }
    }

    private static JsonObject ReadWhatFits(JsonNode? metadata)
    {
        var fitting = new JsonObject();
        foreach (var (name, member) in metadata as JsonObject ?? [])
        {
            try
            {
                foreach (var (known, value) in LenientJson.Of(ModelOf(new JsonObject { [name] = member?.DeepClone() })).ToList())
                    fitting[known] = value?.DeepClone();
            }
            catch (JsonException)
            {
                // The part with a wrong type is the one to drop.
            }
        }

        return fitting;
    }

    private static V1ObjectMeta ModelOf(JsonNode? metadata) =>
        metadata is null ? new V1ObjectMeta() : ObjectCodec.Decode<V1ObjectMeta>(JsonSerializer.SerializeToUtf8Bytes(metadata, ObjectCodec.Options));

    private static void ValidateResource(JsonObject obj, FieldPath path, FieldErrors errors)
    {
        ValidateText(obj, "apiVersion", path, errors, version => version.Split('/').Length > 2 ? [$"unexpected GroupVersion string: {version}"] : []);
        ValidateText(obj, "kind", path, errors, kind => NameRules.IsDns1035Label(kind.ToLowerInvariant()) is { Count: > 0 } faults
            ? [$"may have mixed case, but should otherwise match: {string.Join(',', faults)}"]
            : []);
        if (!obj.TryGetPropertyValue("metadata", out var metadata))
            return;
        try
        {
            ObjectMetaValidation.ValidateEmbedded(ModelOf(metadata), path.Child("metadata"), errors);
        }
        catch (JsonException malformed)
        {
            errors.Invalid(path.Child("metadata"), metadata, malformed.Message);
        }
    }

    private static void ValidateText(JsonObject obj, string name, FieldPath path, FieldErrors errors, Func<string, IReadOnlyList<string>> rule)
    {
        var at = path.Child(name);
        if (!obj.TryGetPropertyValue(name, out var value))
            errors.Required(at);
        else if (value is not JsonValue scalar || !scalar.TryGetValue<string>(out var text))
            errors.Invalid(at, SchemaPlace.Shown(value), "must be a string");
        else if (text.Length == 0)
            errors.Invalid(at, text, "must not be empty");
        else
            errors.Invalid(at, text, rule(text));
    }
}
