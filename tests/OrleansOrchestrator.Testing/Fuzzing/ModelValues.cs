using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Makes values for the fields of a model by their types, so that every field of every kind is covered.</summary>
internal static class ModelValues
{
    private static readonly ConcurrentDictionary<Type, (string Name, Type Type)[]> Known = new();

    /// <summary>The fields of a type by their JSON names; none for a type that is not a model.</summary>
    public static (string Name, Type Type)[] FieldsOf(Type type) => Known.GetOrAdd(type, static type => type.Namespace == typeof(V1Pod).Namespace
        ? [.. type.GetProperties().Select(property => (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? "", property.PropertyType)).Where(field => field.Item1.Length > 0)]
        : []);

    /// <summary>The type of the elements of a list or of the values of a map; null for anything else.</summary>
    public static Type? ElementOf(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() is var generic && (generic == typeof(IList<>) || generic == typeof(IDictionary<,>))
            ? type.GetGenericArguments()[^1]
            : null;

    public static bool IsMap(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDictionary<,>);

    /// <summary>The type at a field of another one; null if it has none.</summary>
    public static Type? StepInto(Type? type, string name)
    {
        if (type is null)
            return null;
        if (IsMap(type))
            return ElementOf(type);
        return Array.Find(FieldsOf(type), field => field.Name == name).Type;
    }

    /// <summary>A value of a type, valid or odd.</summary>
    /// <param name="type">The type.</param>
    /// <param name="words">Meaningful words of the API.</param>
    /// <param name="random">The source of random numbers.</param>
    /// <param name="depth">The most levels of the value.</param>
    public static JsonNode? Of(Type type, IReadOnlyList<string> words, Random random, int depth)
    {
        if (random.Next(40) == 0)
            return OddValues.Any(random);
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string))
            return random.Next(3) == 0 ? OddValues.Text(random) : words[random.Next(words.Count)];
        if (type == typeof(bool))
            return random.Next(2) == 0;
        if (type == typeof(int) || type == typeof(long) || type == typeof(double))
            return random.Next(2) == 0 ? OddValues.Number(random) : random.Next(4);
        if (type == typeof(DateTime))
            return OddValues.Time(random);
        if (type == typeof(ResourceQuantity))
            return random.Next(5) == 0 ? OddValues.Number(random) : OddValues.Quantity(random);
        if (type == typeof(IntOrString))
            return random.Next(2) == 0 ? OddValues.Number(random) : random.Next(2) == 0 ? "25%" : OddValues.Text(random);
        if (type == typeof(byte[]))
            return random.Next(2) == 0 ? "YQ==" : OddValues.Text(random);
        return ElementOf(type) is { } element ? Collection(type, element, words, random, depth) : Object(type, words, random, depth);
    }

    private static JsonNode Collection(Type type, Type element, IReadOnlyList<string> words, Random random, int depth)
    {
        var count = depth == 0 ? 0 : random.Next(3);
        if (!IsMap(type))
            return new JsonArray([.. Enumerable.Range(0, count).Select(_ => Of(element, words, random, depth - 1))]);
        var map = new JsonObject();
        for (var i = 0; i < count; i++)
            map[random.Next(4) == 0 ? OddValues.Text(random) : words[random.Next(words.Count)]] = Of(element, words, random, depth - 1);
        return map;
    }

    private static JsonNode? Object(Type type, IReadOnlyList<string> words, Random random, int depth)
    {
        var fields = FieldsOf(type);
        if (fields.Length == 0)
            return OddValues.Any(random);
        var obj = new JsonObject();
        for (var i = depth == 0 ? 0 : random.Next(4); i > 0; i--)
        {
            var (name, fieldType) = fields[random.Next(fields.Length)];
            obj[name] = Of(fieldType, words, random, depth - 1);
        }

        return obj;
    }
}
