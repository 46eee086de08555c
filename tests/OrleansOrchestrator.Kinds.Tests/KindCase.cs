using System.Text;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;
using KubeObject = k8s.IKubernetesObject<k8s.Models.V1ObjectMeta>;

namespace OrleansOrchestrator.Kinds.Tests;

/// <summary>Puts a kind to work on JSON, in which single quotes stand for double ones so that tables stay readable.</summary>
internal sealed class KindCase(string plural, string group = "")
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    public ResourceDefinition Definition { get; } = BuiltInKinds.Registry[new ResourceName(plural, group)];

    public KubeObject Decode(string json)
    {
        var obj = Definition.Decode(Encoding.UTF8.GetBytes(Quoted(json)));
        obj.Metadata ??= new k8s.Models.V1ObjectMeta();
        return obj;
    }

    /// <summary>The object as a creation stores it, without kind and version.</summary>
    public JsonNode Created(string json)
    {
        var obj = Decode(json);
        Definition.PrepareForCreate(obj);
        Definition.ApplyDefaults(obj);
        return Bare(obj);
    }

    /// <summary>The object as an update stores it.</summary>
    public JsonNode Updated(string current, string updated)
    {
        var (stored, sent) = (DecodeDefaulted(current), DecodeDefaulted(updated));
        Definition.PrepareForUpdate(sent, stored);
        return Bare(sent);
    }

    /// <summary>The object as a status update stores it.</summary>
    public JsonNode StatusUpdated(string current, string updated)
    {
        var (stored, sent) = (Decode(current), Decode(updated));
        Definition.PrepareForStatusUpdate(sent, stored);
        return Bare(sent);
    }

    /// <summary>The faults of a new object.</summary>
    public string Faults(string json)
    {
        var errors = new FieldErrors();
        Definition.Validate(DecodeDefaulted(json), errors);
        return Text(errors);
    }

    /// <summary>The faults of a change.</summary>
    public string UpdateFaults(string current, string updated)
    {
        var errors = new FieldErrors();
        var (stored, sent) = (DecodeDefaulted(current), DecodeDefaulted(updated));
        Definition.PrepareForUpdate(sent, stored);
        Definition.ValidateUpdate(sent, stored, errors);
        return Text(errors);
    }

    /// <summary>The faults of a new status.</summary>
    public string StatusFaults(string current, string updated)
    {
        var errors = new FieldErrors();
        var (stored, sent) = (Decode(current), Decode(updated));
        Definition.PrepareForStatusUpdate(sent, stored);
        Definition.ValidateStatusUpdate(sent, stored, errors);
        return Text(errors);
    }

    /// <summary>The cells of an object's row, in wide output or not, as in <c>web | 1/1 | Running</c>.</summary>
    public string Row(string json, bool wide = false)
    {
        var obj = Decode(json);
        return string.Join(" | ", Definition.Columns
            .Where(column => wide || column.Priority == 0)
            .Select(column => column.Value(obj, Now)));
    }

    public string Headings(bool wide = false) =>
        string.Join(" | ", Definition.Columns.Where(column => wide || column.Priority == 0).Select(column => column.Name));

    /// <summary>The object with a change merged into it, as a JSON merge patch.</summary>
    public static string Merge(string json, string patch) =>
        Merge(JsonNode.Parse(Quoted(json)), JsonNode.Parse(Quoted(patch)))!.ToJsonString();

    /// <summary>A template with a part in the place of <c>@</c>.</summary>
    public static string With(string template, string part) => Quoted(template).Replace("@", Quoted(part), StringComparison.Ordinal);

    public static void ShouldBeJson(JsonNode actual, string expected)
    {
        var wanted = JsonNode.Parse(Quoted(expected));
        if (!JsonNode.DeepEquals(actual, wanted))
            Sorted(actual)!.ToJsonString().ShouldBe(Sorted(wanted)!.ToJsonString());
    }

    private static string Quoted(string json) => json.Contains('"', StringComparison.Ordinal) ? json : json.Replace('\'', '"');

    private KubeObject DecodeDefaulted(string json)
    {
        var obj = Decode(json);
        Definition.ApplyDefaults(obj);
        return obj;
    }

    private JsonNode Bare(KubeObject obj)
    {
        var node = JsonNode.Parse(Definition.Encode(obj))!.AsObject();
        node.Remove("apiVersion");
        node.Remove("kind");
        return node;
    }

    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var result = target is JsonObject ? target.DeepClone().AsObject() : [];
        foreach (var (name, change) in changes)
        {
            if (change is null)
                result.Remove(name);
            else
                result[name] = Merge(result[name], change);
        }

        return result;
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject obj => new JsonObject(obj.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Sorted)]),
        _ => node?.DeepClone(),
    };

    private static string Text(FieldErrors errors) => string.Join('\n', errors.All);
}
