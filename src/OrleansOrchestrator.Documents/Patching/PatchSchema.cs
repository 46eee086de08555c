using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json.Serialization;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>
/// The fields of a model type with their patch strategies, and the schemas of the types below it. Read by reflection at the first use
/// of a type, and cached.
/// </summary>
internal sealed class PatchSchema
{
    /// <summary>The schema of values without a model: objects are merged, lists replaced.</summary>
    public static readonly PatchSchema Unknown = new(FrozenDictionary<string, (Type, PatchStrategy)>.Empty, null);

    private static readonly ConcurrentDictionary<Type, PatchSchema> Known = new();

    private readonly FrozenDictionary<string, (Type Type, PatchStrategy Strategy)> _fields;
    private readonly Type? _mapValueType;

    private PatchSchema(FrozenDictionary<string, (Type Type, PatchStrategy Strategy)> fields, Type? mapValueType)
    {
        _fields = fields;
        _mapValueType = mapValueType;
    }

    public static PatchSchema Of(Type type) => Known.GetOrAdd(type, static type => Read(type));

    /// <summary>Finds a field's strategy, and the schema of its value or, for a list, of its elements.</summary>
    public (PatchSchema Schema, PatchStrategy Strategy) Field(string name)
    {
        if (_mapValueType is not null)
            return (Of(_mapValueType), PatchStrategy.Default);
        return _fields.TryGetValue(name, out var field) ? (Of(field.Type), field.Strategy) : (Unknown, PatchStrategy.Default);
    }

    private static PatchSchema Read(Type type)
    {
        // Types outside the models, such as strings and dates, have no schema.
        if (GenericArgument(type, typeof(IDictionary<,>)) is { } valueType)
            return new(Unknown._fields, valueType);
        if (type.Namespace != typeof(k8s.Models.V1ObjectMeta).Namespace)
            return Unknown;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Select(property => (property.PropertyType, property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name))
            .Where(property => property.Name is not null);
        return new(
            properties.ToFrozenDictionary(
                property => property.Name!,
                property => (GenericArgument(property.PropertyType, typeof(IList<>)) ?? property.PropertyType, PatchStrategies.Of(type, property.Name!)),
                StringComparer.Ordinal),
            null);
    }

    /// <summary>The last type argument of a generic interface: the type of elements or map values.</summary>
    private static Type? GenericArgument(Type type, Type genericInterface) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == genericInterface ? type.GetGenericArguments()[^1] : null;
}
