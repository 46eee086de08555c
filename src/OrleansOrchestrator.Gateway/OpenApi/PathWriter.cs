using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>
/// Writes the paths of a kind with their operations. Clients learn from them what the server supports: kubectl uses server-side
/// validation if a kind's PATCH takes <c>fieldValidation</c>.
/// </summary>
internal sealed class PathWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    private static readonly Parameter[] WriteParameters = [new("dryRun"), new("fieldManager"), new("fieldValidation")];

    private static readonly Parameter[] PatchParameters = [.. WriteParameters, new("force", "boolean")];

    private static readonly Parameter[] ListParameters =
    [
        new("allowWatchBookmarks", "boolean"), new("continue"), new("fieldSelector"), new("labelSelector"), new("limit", "integer"),
        new("resourceVersion"), new("resourceVersionMatch"), new("sendInitialEvents", "boolean"), new("timeoutSeconds", "integer"),
        new("watch", "boolean"),
    ];

    private static readonly Parameter[] DeleteParameters =
        [new("dryRun"), new("gracePeriodSeconds", "integer"), new("orphanDependents", "boolean"), new("propagationPolicy")];

    private static readonly Parameter Name = new("name", Place: Parameter.InPath);
    private static readonly Parameter Namespace = new("namespace", Place: Parameter.InPath);
    private static readonly Parameter Pretty = new("pretty");
    private static readonly string[] BodyTypes = [MediaTypes.Json, MediaTypes.Yaml];

    private readonly OperationWriter _operations = new(writer, dialect);

    /// <summary>Writes all paths of a kind.</summary>
    public void Write(ServedVersion served)
    {
        var definition = served.Definition;
        var kind = KindName.Of(served);
        var root = $"/{ResourceRoutes.PrefixOf(served.Group, served.Version)}";
        var collection = definition.Namespaced ? $"{root}/namespaces/{{namespace}}/{definition.Plural}" : $"{root}/{definition.Plural}";
        var scope = definition.Namespaced ? "Namespaced" : "";
        var item = names.Of(served);
        var list = names.ListOf(served);

        var get = Make(served, kind, "get", "get", scope, "", [], null, item);
        if (!definition.IsStored)
        {
            WritePath(collection, definition.Namespaced, [], [Make(served, kind, "get", "list", scope, "", ListParameters, null, list)]);
            WritePath($"{collection}/{{name}}", definition.Namespaced, [Name], [get]);
            return;
        }

        WritePath(collection, definition.Namespaced, [], [
            Make(served, kind, "get", "list", scope, "", ListParameters, null, list),
            Make(served, kind, "post", "post", scope, "", WriteParameters, item, item),
            Make(served, kind, "delete", "deletecollection", scope, "", [.. ListParameters, .. DeleteParameters], names[typeof(V1DeleteOptions)], names[typeof(V1Status)]),
        ]);
        WritePath($"{collection}/{{name}}", definition.Namespaced, [Name], [
            get,
            Make(served, kind, "put", "put", scope, "", WriteParameters, item, item),
            Make(served, kind, "patch", "patch", scope, "", PatchParameters, null, item),
            Make(served, kind, "delete", "delete", scope, "", DeleteParameters, names[typeof(V1DeleteOptions)], names[typeof(V1Status)]),
        ]);
        if (definition.HasStatus)
            WritePart(served, $"{collection}/{{name}}/status", kind, "Status", item);
        if (definition.Scale is not null)
            WritePart(served, $"{collection}/{{name}}/scale", new KindName("autoscaling", "v1", "Scale"), "Scale", names[typeof(V1Scale)]);
        if (definition.Namespaced)
        {
            WritePath($"{root}/{definition.Plural}", false, [], [
                Make(served, kind, "get", "list", "", "ForAllNamespaces", ListParameters, null, list),
            ]);
        }

        CompressedDocument.FlushIfLarge(writer);
    }

    /// <summary>Writes the path of a kind that is posted but not stored.</summary>
    public void Write(PostedKind kind)
    {
        var (group, version) = (TitleOf(kind.Name.Group), char.ToUpperInvariant(kind.Name.Version[0]) + kind.Name.Version[1..]);
        var scope = kind.HasNamespace ? "Namespaced" : "";
        var schema = names[kind.Model];
        var post = new Operation(
            "post", "post", $"create{group}{version}{scope}{kind.Name.Kind}", $"{char.ToLowerInvariant(group[0])}{group[1..]}_{kind.Name.Version}",
            kind.Name, WriteParameters, BodyTypes, schema, schema);
        WritePath(kind.Path, kind.HasNamespace, kind.HasName ? [Name] : [], [post]);
    }

    private void WritePart(ServedVersion served, string path, KindName kind, string part, string schema)
    {
        var scope = served.Definition.Namespaced ? "Namespaced" : "";
        WritePath(path, served.Definition.Namespaced, [Name], [
            Make(served, kind, "get", "get", scope, part, [], null, schema),
            Make(served, kind, "put", "put", scope, part, WriteParameters, schema, schema),
            Make(served, kind, "patch", "patch", scope, part, PatchParameters, null, schema),
        ]);
    }

    private void WritePath(string path, bool hasNamespace, IEnumerable<Parameter> parameters, IEnumerable<Operation> operations)
    {
        writer.WriteStartObject(path);
        foreach (var operation in operations)
            _operations.Write(operation);
        writer.WriteStartArray("parameters"u8);
        foreach (var parameter in parameters)
            _operations.WriteParameter(parameter);
        if (hasNamespace)
            _operations.WriteParameter(Namespace);
        _operations.WriteParameter(Pretty);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Operation Make(
        ServedVersion served, KindName kind, string method, string action, string scope, string part,
        IReadOnlyList<Parameter> parameters, string? body, string answer)
    {
        var group = TitleOf(served.Group);
        var version = char.ToUpperInvariant(served.Version[0]) + served.Version[1..];
        var (verb, infix) = action switch
        {
            "get" => ("read", ""),
            "post" => ("create", ""),
            "put" => ("replace", ""),
            "deletecollection" => ("delete", "Collection"),
            _ => (action, ""),
        };
        IReadOnlyList<string> bodyTypes = method == "patch" ? PatchMediaTypes.Of(served) : body is null ? [] : BodyTypes;
        return new Operation(
            method, action, $"{verb}{group}{version}{infix}{scope}{served.Definition.Kind}{part}",
            $"{char.ToLowerInvariant(group[0])}{group[1..]}_{served.Version}", kind, parameters, bodyTypes, body, answer);
    }

    /// <summary><c>Core</c>, <c>RbacAuthorization</c>, <c>StableExampleCom</c>.</summary>
    private static string TitleOf(string group)
    {
        if (group.Length == 0)
            return "Core";
        var own = group.EndsWith(".k8s.io", StringComparison.Ordinal) ? group[..^".k8s.io".Length] : group;
        return string.Concat(own.Split('.', '-').Where(part => part.Length > 0).Select(part => char.ToUpperInvariant(part[0]) + part[1..]));
    }
}
