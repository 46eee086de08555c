using KubeList = k8s.IKubernetesObject<k8s.Models.V1ListMeta>;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// What a published schema says of how the parts of a value are owned and merged. It is read from the schemas that server-side
/// apply works with, so that clients are told what the server does.
/// </summary>
/// <param name="ListType">The value of <c>x-kubernetes-list-type</c>; null if it is not said.</param>
/// <param name="ListMapKeys">The value of <c>x-kubernetes-list-map-keys</c>; empty if the value is no list of type <c>map</c>.</param>
/// <param name="MapType">The value of <c>x-kubernetes-map-type</c>; null if it is not said.</param>
public sealed record FieldMarkers(string? ListType, IReadOnlyList<string> ListMapKeys, string? MapType)
{
    private const string Atomic = "atomic";

    private static readonly FieldMarkers None = new(null, [], null);

    /// <summary>What the schema of a type says, wherever the type stands.</summary>
    public static FieldMarkers OfType(Type type) => ModelFieldRules.IsAtomic(type) ? None with { MapType = Atomic } : None;

    /// <summary>What the schema of a field says beyond that of its type.</summary>
    /// <param name="owner">The type that has the field.</param>
    /// <param name="field">The field's JSON name.</param>
    /// <param name="type">The type of its value.</param>
    public static FieldMarkers OfField(Type owner, string field, Type type)
    {
        if (ModelFieldSchemas.IsList(type))
            return owner.IsAssignableTo(typeof(KubeList)) ? None : OfList(ModelFieldSchemas.OfField(owner, field, type));
        // A map or an object is what its type is, unless the field has a rule of its own.
        if (ModelFieldRules.Find(owner, field) is null)
            return None;
        var isAtomic = ModelFieldSchemas.OfField(owner, field, type).Shape == FieldShape.Leaf;
        return None with { MapType = isAtomic ? Atomic : "granular" };
    }

    private static FieldMarkers OfList(FieldSchema schema) => schema.Shape switch
    {
        FieldShape.KeyedList => new FieldMarkers("map", [.. schema.Keys.Select(key => key.Name)], null),
        FieldShape.Set => None with { ListType = "set" },
        _ => None with { ListType = Atomic },
    };
}
