using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using k8s.Models;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Testing.Absurd;

/// <summary>An object that the API accepts although one of its fields has an absurd value.</summary>
/// <param name="Definition">Its kind.</param>
/// <param name="Field">The field.</param>
/// <param name="Value">The absurd value, shortened.</param>
/// <param name="Object">The object as the API stores it: decoded, defaulted and validated.</param>
public sealed record AbsurdObject(ResourceDefinition Definition, string Field, string Value, KubeObject Object)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Definition.Kind} with {Field} = {Value}";
}

/// <summary>
/// Makes objects that are absurd in one field. Reflection finds every field of the model. Each field gets every absurd value of its
/// type, in an otherwise plain object. Objects that our own decoding, defaulting or validation refuses are left out.
/// </summary>
public static class AbsurdObjects
{
    private const int DepthMax = 9;
    private const int Many = 300;

    private static readonly string Long = new('a', 5000);

    /// <summary>All accepted absurd objects of a kind.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="plain">An object that is not absurd and has as many fields as possible, as JSON.</param>
    public static IEnumerable<AbsurdObject> Of(ResourceDefinition definition, string plain)
    {
        foreach (var (field, value, changed) in Candidates(definition, plain))
        {
            if (Accept(definition, changed, field) is { } obj)
                yield return new AbsurdObject(definition, field, value, obj);
        }
    }

    /// <summary>All absurd objects of a kind, refused ones included.</summary>
    /// <param name="definition">The kind.</param>
    /// <param name="plain">An object that is not absurd and has as many fields as possible, as JSON.</param>
    public static IEnumerable<(string Field, string Value, JsonObject Object)> Candidates(ResourceDefinition definition, string plain)
    {
        var node = JsonNode.Parse(plain)!;
        if (Accept(definition, node, "") is not { } accepted)
            throw new ArgumentException($"the plain {definition.Kind} is refused: {Faults(definition, node)}", nameof(plain));
        var whole = JsonNode.Parse(definition.Encode(accepted))!.AsObject();
        foreach (var (path, type) in Fields(definition.ModelType, [], []))
        {
            var field = string.Join('.', path);
            if (IsOfTheServer(field))
                continue;
            foreach (var value in Values(type, Find(whole, path)))
            {
                var changed = whole.DeepClone().AsObject();
                Set(changed, path, value);
                yield return (field, Shortened(value), changed);
            }
        }
    }

    private static string Faults(ResourceDefinition definition, JsonNode node)
    {
        var obj = definition.Decode(JsonSerializer.SerializeToUtf8Bytes(node));
        var errors = new FieldErrors();
        definition.ApplyDefaults(obj);
        definition.Validate(obj, errors);
        return string.Join(", ", errors.All);
    }

    /// <summary>Decodes an object as a client sends it; null if decoding refuses it.</summary>
    public static KubeObject? Decode(ResourceDefinition definition, JsonNode node)
    {
        try
        {
            return definition.Decode(JsonSerializer.SerializeToUtf8Bytes(node));
        }
        catch (Exception refused) when (refused is JsonException or FormatException or ArgumentException or OverflowException
            or InvalidOperationException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Defaults and validates an object as the API does; null if the API refuses it.</summary>
    private static KubeObject? Accept(ResourceDefinition definition, JsonNode node, string field)
    {
        if (Decode(definition, node) is not { } obj)
            return null;
        var errors = new FieldErrors();
        definition.ApplyDefaults(obj);
        ObjectMetaValidation.Validate(definition, obj.Metadata, errors);
        if (field.StartsWith("status", StringComparison.Ordinal))
            definition.ValidateStatusUpdate(obj, definition.Decode(definition.Encode(obj)), errors);
        else
            definition.Validate(obj, errors);
        return errors.IsEmpty ? definition.Decode(definition.Encode(obj)) : null;
    }

    /// <summary>Whether users cannot write a field.</summary>
    private static bool IsOfTheServer(string field) => field is "kind" or "apiVersion" or "metadata.name" or "metadata.namespace" or "metadata.uid"
        or "metadata.resourceVersion" or "metadata.creationTimestamp" or "metadata.generation" or "metadata.deletionTimestamp"
        || field.StartsWith("metadata.managedFields", StringComparison.Ordinal);

    private static IEnumerable<(string[] Path, Type Type)> Fields(Type type, string[] path, Type[] within)
    {
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name is not { } name)
                continue;
            string[] own = [.. path, name];
            var declared = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
            yield return (own, declared);
            var inner = ElementOf(declared) ?? declared;
            if (ElementOf(declared) is not null)
                own = [.. own, "0"];
            if (!IsModel(inner) || own.Length > DepthMax || within.Contains(inner))
                continue;
            foreach (var deeper in Fields(inner, own, [.. within, inner]))
                yield return deeper;
        }
    }

    private static bool IsModel(Type type) => type.Namespace == typeof(V1Pod).Namespace && type.IsClass
        && type != typeof(ResourceQuantity) && type != typeof(IntOrString) && type != typeof(string);

    private static Type? ElementOf(Type type) => ArgumentsOf(type, typeof(IList<>)) is [var element] ? element : null;

    private static Type[]? ArgumentsOf(Type type, Type generic) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == generic ? type.GetGenericArguments() : null;

    private static IEnumerable<JsonNode?> Values(Type type, JsonNode? present)
    {
        if (type == typeof(int))
            return Nodes(-1, 0, 1, 65535, int.MaxValue, int.MinValue);
        if (type == typeof(long))
            return Nodes<long>(-1, 0, 1, int.MaxValue, 5_000_000, long.MaxValue, long.MinValue);
        if (type == typeof(double))
            return Nodes(0, -1, double.MaxValue, double.MinValue, double.Epsilon);
        if (type == typeof(bool))
            return Nodes(true, false);
        if (type == typeof(string))
            return Nodes("", "a", "-", "*", "☃", "a b", "%", "2147483648", "255.255.255.255", "::", "a.b/c", "9999-12-31T23:59:59Z", new string('a', 63), new string('a', 253), Long);
        if (type == typeof(DateTime))
            return Nodes("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z");
        if (type == typeof(ResourceQuantity))
            return Quantities();
        if (type == typeof(IntOrString))
            return [.. Nodes(0, -1, int.MaxValue, int.MinValue), .. Nodes("", "0%", "100%", "2147483647%", "99999999999999999999%", "-1%", "a", "99999")];
        if (type == typeof(byte[]))
            return Nodes("", Convert.ToBase64String(new byte[100_000]));
        if (ArgumentsOf(type, typeof(IDictionary<,>)) is [_, var value])
            return Maps(value);
        return ElementOf(type) is { } element ? Lists(element, present as JsonArray) : [new JsonObject()];
    }

    private static IEnumerable<JsonNode?> Quantities() => Nodes(
        "0", "1n", "-1", "-1e300", "1e-300", "1e18", "1e30", "1e300", "9E", "9223372036854775807", "9223372036854775808", "0.0000000001", "1e999");

    private static IEnumerable<JsonNode?> Maps(Type value)
    {
        yield return new JsonObject();
        foreach (var absurd in Values(value, null))
        {
            yield return new JsonObject { ["a"] = absurd?.DeepClone() };
            yield return new JsonObject { ["cpu"] = absurd?.DeepClone() };
            yield return new JsonObject { ["memory"] = absurd?.DeepClone() };
            yield return new JsonObject { ["example.com/a"] = absurd?.DeepClone() };
        }

        if (Values(value, null).FirstOrDefault(plain => plain?.ToJsonString() is "\"a\"" or "\"0\"" or "\"\"") is { } some)
            yield return new JsonObject([.. Enumerable.Range(0, Many).Select(i => KeyValuePair.Create($"example.com/a{i}", (JsonNode?)some.DeepClone()))]);
        yield return new JsonObject { [new string('a', 200) + ".example.com/" + new string('a', 63)] = "a" };
    }

    private static IEnumerable<JsonNode?> Lists(Type element, JsonArray? present)
    {
        yield return new JsonArray();
        if (!IsModel(element))
        {
            foreach (var value in Values(element, null))
                yield return new JsonArray(value?.DeepClone());
        }

        if (present is not [{ } first, ..])
            yield break;
        yield return new JsonArray([.. Enumerable.Range(0, Many).Select(_ => first.DeepClone())]);
        yield return new JsonArray([.. Enumerable.Range(0, Many).Select(i => Another(first, i))]);
    }

    /// <summary>A copy with other values where objects usually must differ.</summary>
    private static JsonNode Another(JsonNode first, int index)
    {
        if (first is JsonValue value && value.TryGetValue<string>(out var text))
            return JsonValue.Create($"{text}{index}");
        var copy = first.DeepClone();
        if (copy is not JsonObject obj)
            return copy;
        foreach (var name in new[] { "name", "key", "topologyKey", "mountPath", "uid", "port", "containerPort", "hostPort", "nodePort" })
        {
            if (obj[name] is not JsonValue own)
                continue;
            if (own.TryGetValue<int>(out var number))
                obj[name] = number + index;
            else if (own.TryGetValue<string>(out var word))
                obj[name] = $"{word}{index}";
        }

        return copy;
    }

    private static IEnumerable<JsonNode?> Nodes<T>(params T[] values) => values.Select(value => (JsonNode?)JsonValue.Create(value));

    private static JsonNode? Find(JsonNode? node, IEnumerable<string> path)
    {
        foreach (var step in path)
            node = node switch { JsonArray { Count: > 0 } array => array[0], JsonObject obj => obj[step], _ => null };
        return node;
    }

    private static void Set(JsonNode root, string[] path, JsonNode? value)
    {
        var node = root;
        for (var i = 0; i < path.Length - 1; i++)
        {
            JsonNode next = path[i + 1] == "0" ? new JsonArray() : new JsonObject();
            if (node is JsonArray array)
            {
                if (array.Count == 0)
                    array.Add(next);
                node = array[0]!;
            }
            else
            {
                node = node[path[i]] ??= next;
            }
        }

        if (node is JsonObject obj)
            obj[path[^1]] = value?.DeepClone();
    }

    private static string Shortened(JsonNode? value)
    {
        var text = value?.ToJsonString() ?? "null";
        return text.Length <= 60 ? text : $"{text[..50]}… ({text.Length} characters)";
    }
}
