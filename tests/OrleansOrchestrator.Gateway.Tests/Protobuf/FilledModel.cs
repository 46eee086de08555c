using System.Text.Json;
using k8s.Models;

namespace OrleansOrchestrator.Gateway.Tests.Protobuf;

/// <summary>Makes models in which every field has a value, so that none can be missing unseen.</summary>
internal sealed class FilledModel
{
    private const int DepthMax = 12;
    private readonly Dictionary<Type, int> _within = [];
    private int _values;

    /// <summary>A model with every field set; a type within itself is left out there.</summary>
    public static object Of(Type type) => new FilledModel().Make(type, "", 0)!;

    private object? Make(Type type, string name, int depth)
    {
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        _values++;
        if (bare == typeof(string))
            return $"text-{_values}";
        if (bare == typeof(bool))
            return true;
        if (bare == typeof(int) || bare == typeof(long))
            return System.Convert.ChangeType(_values, bare);
        if (bare == typeof(double))
            return _values + 0.5;
        if (bare == typeof(byte[]))
            return new[] { (byte)_values, (byte)1 };
        if (bare == typeof(DateTime))
            return new DateTime(2026, 1, 2, 3, 4, _values % 60, DateTimeKind.Utc);
        if (bare == typeof(IntOrString))
            return (IntOrString)(_values % 2 == 0 ? "50%" : $"{_values}");
        if (bare == typeof(ResourceQuantity))
            return new ResourceQuantity($"{_values}m");
        if (bare == typeof(object))
            return Free(name, depth);
        if (bare.IsGenericType)
            return MakeMany(bare, name, depth);
        return MakeObject(bare, depth);
    }

    private object? MakeMany(Type type, string name, int depth)
    {
        var arguments = type.GetGenericArguments();
        var value = Make(arguments[^1], name, depth + 1);
        if (value is null)
            return null;
        if (arguments.Length == 1)
        {
            var list = (System.Collections.IList)Activator.CreateInstance(typeof(List<>).MakeGenericType(arguments))!;
            list.Add(value);
            list.Add(Make(arguments[0], name, depth + 1));
            return list;
        }

        var map = (System.Collections.IDictionary)Activator.CreateInstance(typeof(Dictionary<,>).MakeGenericType(arguments))!;
        map.Add($"key-{_values}", value);
        map.Add($"other-{_values}", Make(arguments[1], name, depth + 1));
        return map;
    }

    private object? MakeObject(Type type, int depth)
    {
        if (depth > DepthMax || _within.GetValueOrDefault(type) > 0)
            return null;
        _within[type] = 1;
        var made = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && property.Name is not ("ApiVersion" or "Kind") | !IsKind(type)))
            property.SetValue(made, Make(property.PropertyType, property.Name, depth + 1));
        _within[type] = 0;
        return made;
    }

    private static bool IsKind(Type type) => typeof(k8s.IKubernetesObject).IsAssignableFrom(type);

    /// <summary>What the models keep as any JSON. Of schemas that is sometimes another schema.</summary>
    private object Free(string name, int depth) => name switch
    {
        "Items" or "AdditionalProperties" or "AdditionalItems" when depth > 0 => JsonOf("""{"type":"string","x-kubernetes-preserve-unknown-fields":true}"""),
        // Of these there is only that they are there.
        "Status" or "All" or "Single" or "Basic" => JsonOf("{}"),
        "Dependencies" => JsonOf("""["a","b"]"""),
        _ => JsonOf($$"""{"any":[{{_values}},"x",null,{"y":1.5}]}"""),
    };

    private static JsonElement JsonOf(string json) => JsonDocument.Parse(json).RootElement;
}
