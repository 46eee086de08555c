using System.Collections.Frozen;
using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Kinds.Autoscaling;

/// <summary>
/// Converts metrics from and to the form in which <c>autoscaling/v1</c> stores them in annotations: flat, and with other names. A
/// field without a name in the older form keeps its dotted path, so that nothing is lost.
/// </summary>
/// <remarks>See MetricSpec and MetricStatus in k8s.io/api/autoscaling/v1.</remarks>
internal static class MetricNames
{
    private static readonly string[] Parts = ["metric", "target", "current"];

    private static readonly FrozenDictionary<string, (string Path, string Name)[]> SpecNames = new Dictionary<string, (string, string)[]>
    {
        ["object"] =
        [
            ("describedObject", "target"), ("metric.name", "metricName"), ("metric.selector", "selector"),
            ("target.value", "targetValue"), ("target.averageValue", "averageValue"),
        ],
        ["pods"] = [("metric.name", "metricName"), ("metric.selector", "selector"), ("target.averageValue", "targetAverageValue")],
        ["resource"] = [("target.averageUtilization", "targetAverageUtilization"), ("target.averageValue", "targetAverageValue")],
        ["containerResource"] = [("target.averageUtilization", "targetAverageUtilization"), ("target.averageValue", "targetAverageValue")],
        ["external"] =
        [
            ("metric.name", "metricName"), ("metric.selector", "metricSelector"),
            ("target.value", "targetValue"), ("target.averageValue", "targetAverageValue"),
        ],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, (string Path, string Name)[]> StatusNames = new Dictionary<string, (string, string)[]>
    {
        ["object"] =
        [
            ("describedObject", "target"), ("metric.name", "metricName"), ("metric.selector", "selector"),
            ("current.value", "currentValue"), ("current.averageValue", "averageValue"),
        ],
        ["pods"] = [("metric.name", "metricName"), ("metric.selector", "selector"), ("current.averageValue", "currentAverageValue")],
        ["resource"] = [("current.averageUtilization", "currentAverageUtilization"), ("current.averageValue", "currentAverageValue")],
        ["containerResource"] = [("current.averageUtilization", "currentAverageUtilization"), ("current.averageValue", "currentAverageValue")],
        ["external"] =
        [
            ("metric.name", "metricName"), ("metric.selector", "metricSelector"),
            ("current.value", "currentValue"), ("current.averageValue", "currentAverageValue"),
        ],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static JsonArray ToFirst(JsonArray metrics, bool isStatus) => Each(metrics, isStatus, Flatten);

    public static JsonArray FromFirst(JsonArray metrics, bool isStatus) => Each(metrics, isStatus, Unflatten);

    private static JsonArray Each(JsonArray metrics, bool isStatus, Func<JsonObject, (string Path, string Name)[], bool, JsonObject> convert)
    {
        var names = isStatus ? StatusNames : SpecNames;
        return new JsonArray([.. metrics.OfType<JsonObject>().Select(metric => new JsonObject(metric.Select(property =>
            KeyValuePair.Create(property.Key, property.Value is JsonObject source && names.TryGetValue(property.Key, out var pairs)
                ? convert(source, pairs, isStatus)
                : property.Value?.DeepClone()))))]);
    }

    private static JsonObject Flatten(JsonObject source, (string Path, string Name)[] names, bool isStatus)
    {
        var flat = new JsonObject();
        foreach (var (key, value) in source)
        {
            if (value is JsonObject part && Parts.Contains(key))
            {
                foreach (var (field, inner) in part)
                    flat[NameOf($"{key}.{field}", names)] = inner?.DeepClone();
            }
            else
            {
                flat[NameOf(key, names)] = value?.DeepClone();
            }
        }

        // The older form gives the type of a target by which of its values is present.
        if (!isStatus && flat["target.type"]?.ToString() == TypeOf(flat, names))
            flat.Remove("target.type");
        return flat;
    }

    private static JsonObject Unflatten(JsonObject flat, (string Path, string Name)[] names, bool isStatus)
    {
        var source = new JsonObject();
        if (!isStatus && !flat.ContainsKey("target.type") && TypeOf(flat, names) is { } type)
            source["target"] = new JsonObject { ["type"] = type };
        foreach (var (key, value) in flat)
        {
            var path = names.FirstOrDefault(pair => pair.Name == key).Path ?? key;
            var dot = path.IndexOf('.', StringComparison.Ordinal);
            if (dot < 0)
            {
                source[path] = value?.DeepClone();
                continue;
            }

            if (source[path[..dot]] is not JsonObject part)
                source[path[..dot]] = part = [];
            part[path[(dot + 1)..]] = value?.DeepClone();
        }

        return source;
    }

    private static string? TypeOf(JsonObject flat, (string Path, string Name)[] names)
    {
        if (flat.ContainsKey(NameOf("target.averageUtilization", names)))
            return "Utilization";
        if (flat.ContainsKey(NameOf("target.averageValue", names)))
            return "AverageValue";
        return flat.ContainsKey(NameOf("target.value", names)) ? "Value" : null;
    }

    private static string NameOf(string path, (string Path, string Name)[] names) =>
        names.FirstOrDefault(pair => pair.Path == path).Name ?? path;
}
