using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// The schemas of the models, read by reflection when a type is first met, and kept. What lists and maps are comes from the
/// merge keys of strategic merge patches, and from <see cref="ModelFieldRules"/> where server-side apply knows better.
/// </summary>
public static class ModelFieldSchemas
{
    private static readonly ConcurrentDictionary<Type, FieldSchema> Objects = new();
    private static readonly ConcurrentDictionary<Type, FieldSchema> Roots = new();

    // Who an object is, and what the server alone keeps, has no owner.
    private static readonly string[] UnownedMetadata =
        ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"];

    /// <summary>The schema of objects in a version.</summary>
    public static FieldSchema Of(ServedVersion version) => version is IDeclaresFields own ? own.FieldSchema : Of(version.ModelType);

    /// <summary>The schema of objects of a model.</summary>
    public static FieldSchema Of(Type type) => Roots.GetOrAdd(type, static type =>
        FieldSchema.Object([.. FieldsOf(type).Select(AsRootField)]));

    /// <summary>The schema of <c>metadata</c> of an object, for kinds that have no model of their own.</summary>
    public static FieldSchema Metadata { get; } = FieldSchema.Object(
        [.. FieldsOf(typeof(V1ObjectMeta)).Select(field => field with { IsUnowned = UnownedMetadata.Contains(field.Name) })]);

    private static SchemaField AsRootField(SchemaField field) => field.Name switch
    {
        "apiVersion" or "kind" => field with { IsUnowned = true },
        "metadata" => field with { Schema = static () => Metadata },
        _ => field,
    };

    private static IEnumerable<SchemaField> FieldsOf(Type type) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Select(property => (property.PropertyType, property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name))
        .Where(property => property.Name is not null)
        .Select(property => new SchemaField(
            property.Name!, () => OfField(type, property.Name!, property.PropertyType), ModelFieldRules.AbsenceOf(type, property.Name!)));

    /// <summary>The schema of a field's value.</summary>
    internal static FieldSchema OfField(Type owner, string name, Type type)
    {
        if (ModelFieldRules.Find(owner, name) is { } rule)
            return rule(ElementOf(type));
        if (!IsList(type))
            return OfValue(type);
        return PatchStrategies.Of(owner, name) switch
        {
            { MergesList: true, MergeKey: { } key } => FieldSchema.ListBy(ElementOf(type), new ListKey(key)),
            { MergesList: true } => FieldSchema.Set,
            _ => FieldSchema.Leaf,
        };
    }

    /// <summary>Whether values of a type are lists.</summary>
    internal static bool IsList(Type type) => GenericArgument(type, typeof(IList<>)) is not null;

    private static FieldSchema ElementOf(Type type) =>
        GenericArgument(type, typeof(IList<>)) is { } element ? OfValue(element) : OfObject(type);

    private static FieldSchema OfValue(Type type)
    {
        if (GenericArgument(type, typeof(IDictionary<,>)) is { } valueType)
            return FieldSchema.MapOf(OfValue(valueType));
        if (type == typeof(object))
            return FieldSchema.Deduced;
        return ModelFieldRules.IsAtomic(type) ? FieldSchema.Leaf : OfObject(type);
    }

    private static FieldSchema OfObject(Type type)
    {
        // Quantities and the like are models in name only: their JSON is a scalar.
        if (type.Namespace != typeof(V1ObjectMeta).Namespace || type.GetCustomAttribute<JsonConverterAttribute>() is not null)
            return FieldSchema.Leaf;
        return Objects.GetOrAdd(type, static type => FieldSchema.Object([.. FieldsOf(type)]));
    }

    private static Type? GenericArgument(Type type, Type genericInterface) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == genericInterface ? type.GetGenericArguments()[^1] : null;
}
