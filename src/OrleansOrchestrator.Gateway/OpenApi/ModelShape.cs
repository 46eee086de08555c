using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Walks model types by the codec's own contract, so that a schema always matches what is accepted.</summary>
internal static class ModelShape
{
    /// <summary>The types in every kind's operations.</summary>
    public static IReadOnlyList<Type> CommonTypes { get; } = TypesReachedFrom([typeof(V1Status), typeof(V1DeleteOptions)]);

    /// <summary>The types of the scale subresource.</summary>
    public static IReadOnlyList<Type> ScaleTypes { get; } = [typeof(V1Scale), typeof(V1ScaleSpec), typeof(V1ScaleStatus)];

    /// <summary>The types to which every custom kind refers.</summary>
    private static IReadOnlyList<Type> CustomTypes { get; } = TypesReachedFrom([typeof(V1ObjectMeta), typeof(V1ListMeta)]);

    /// <summary>All named types of a kind and of its lists.</summary>
    public static IReadOnlyList<Type> TypesOf(ServedVersion version) => version is CustomVersion ? CustomTypes :
        TypesReachedFrom(ListTypeOf(version.ModelType) is { } list ? [version.ModelType, list] : [version.ModelType]);

    /// <summary>The list type of a model; null if the package has none.</summary>
    public static Type? ListTypeOf(Type type) => type.Assembly.GetType(type.FullName + "List");

    /// <summary>The name of a property in the model's code, by which its description is found.</summary>
    public static string CodeNameOf(JsonPropertyInfo property) => (property.AttributeProvider as MemberInfo)?.Name ?? property.Name;

    /// <summary>The properties of an object type; empty for other types.</summary>
    public static IList<JsonPropertyInfo> PropertiesOf(Type type) => ObjectCodec.Options.GetTypeInfo(type).Properties;

    /// <summary>Whether a type has a schema of its own, which others reference by name.</summary>
    public static bool IsNamed(Type type) =>
        type.Namespace == typeof(V1ObjectMeta).Namespace && type.IsClass && type != typeof(string) || type.IsAssignableTo(typeof(KubeObject)) || type == typeof(ResourceQuantity) || type == typeof(IntOrString);

    /// <summary>The type of the elements of a list; null if it is not a list.</summary>
    public static Type? ElementOf(Type type) => ArgumentOf(type, typeof(IList<>), 0);

    /// <summary>The value type of a map from strings; null if it is no such map.</summary>
    public static Type? ValueOf(Type type) => ArgumentOf(type, typeof(IDictionary<,>), 1);

    /// <summary>All named types reachable from the given ones, themselves included, in the order of discovery.</summary>
    public static IReadOnlyList<Type> TypesReachedFrom(IEnumerable<Type> roots)
    {
        var found = new List<Type>();
        var seen = new HashSet<Type>();
        var open = new Stack<Type>(roots.Reverse());
        while (open.TryPop(out var type))
        {
            var bare = Nullable.GetUnderlyingType(type) ?? type;
            if (ElementOf(bare) is { } element)
            {
                open.Push(element);
            }
            else if (ValueOf(bare) is { } value)
            {
                open.Push(value);
            }
            else if (IsNamed(bare) && seen.Add(bare))
            {
                found.Add(bare);
                foreach (var property in PropertiesOf(bare))
                    open.Push(property.PropertyType);
            }
        }

        return found;
    }

    private static Type? ArgumentOf(Type type, Type definition, int index) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == definition ? type.GetGenericArguments()[index] : null;
}
