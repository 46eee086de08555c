using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// The field schemas of the models, read by reflection at the first use of a type, and cached. Lists and maps follow the merge keys of
/// strategic merge patches, and <see cref="ModelFieldRules"/> where server-side apply differs.
/// </summary>
public static class ModelFieldSchemas
{
    private static readonly ConcurrentDictionary<Type, FieldSchema> Objects = new();
    private static readonly ConcurrentDictionary<Type, FieldSchema> Roots = new();

    // Identity and server-maintained fields have no owner.
    private static readonly string[] UnownedMetadata =
        ["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields", "resourceVersion"];

    /// <summary>The schema of objects in a version.</summary>
    public static FieldSchema Of(ServedVersion version) => version is IDeclaresFields own ? own.FieldSchema : Of(version.ModelType);

    /// <summary>The schema of objects of a model.</summary>
    public static FieldSchema Of(Type type) => Roots.GetOrAdd(type, static type =>
        FieldSchema.Object([.. FieldsOf(type).Select(AsRootField)]));

    /// <summary>The schema of an object's <c>metadata</c>, for kinds without a model.</summary>
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
        // Quantities and similar types have models, but their JSON is a scalar.
        if (type.Namespace != typeof(V1ObjectMeta).Namespace || type.GetCustomAttribute<JsonConverterAttribute>() is not null)
            return FieldSchema.Leaf;
        return Objects.GetOrAdd(type, static type => FieldSchema.Object([.. FieldsOf(type)]));
    }

    private static Type? GenericArgument(Type type, Type genericInterface) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == genericInterface ? type.GetGenericArguments()[^1] : null;
}
