namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Reads absent lists and maps, which are null in model objects, as empty ones. Allocates nothing.</summary>
internal static class NullableCollections
{
    public static IList<T> OrNone<T>(this IList<T>? list) => list ?? Array.Empty<T>();

    public static IDictionary<string, T> OrNone<T>(this IDictionary<string, T>? map) => map ?? None<T>.Map;

    private static class None<T>
    {
        public static readonly IDictionary<string, T> Map = System.Collections.ObjectModel.ReadOnlyDictionary<string, T>.Empty;
    }
}
