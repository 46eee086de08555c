using KubeList = k8s.IKubernetesObject<k8s.Models.V1ListMeta>;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>
/// The ownership and merge markers of a published schema. They come from the schemas that server-side apply uses, so that they match
/// what the server does.
/// </summary>
/// <param name="ListType">The value of <c>x-kubernetes-list-type</c>; null if there is none.</param>
/// <param name="ListMapKeys">The value of <c>x-kubernetes-list-map-keys</c>; empty if the value is no list of type <c>map</c>.</param>
/// <param name="MapType">The value of <c>x-kubernetes-map-type</c>; null if there is none.</param>
public sealed record FieldMarkers(string? ListType, IReadOnlyList<string> ListMapKeys, string? MapType)
{
    private const string Atomic = "atomic";

    private static readonly FieldMarkers None = new(null, [], null);

    /// <summary>The markers of a type wherever it occurs.</summary>
    public static FieldMarkers OfType(Type type) => ModelFieldRules.IsAtomic(type) ? None with { MapType = Atomic } : None;

    /// <summary>The markers of a field beyond those of its type.</summary>
    /// <param name="owner">The type that has the field.</param>
    /// <param name="field">The field's JSON name.</param>
    /// <param name="type">The type of its value.</param>
    public static FieldMarkers OfField(Type owner, string field, Type type)
    {
        if (ModelFieldSchemas.IsList(type))
            return owner.IsAssignableTo(typeof(KubeList)) ? None : OfList(ModelFieldSchemas.OfField(owner, field, type));
        // A map or an object has the markers of its type, unless the field has a rule of its own.
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
