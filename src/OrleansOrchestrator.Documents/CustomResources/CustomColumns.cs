using System.Globalization;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Tables;

namespace OrleansOrchestrator.Documents.CustomResources;

/// <summary>The columns of a custom resource, as its definition declares them.</summary>
/// <remarks>https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns</remarks>
internal static class CustomColumns
{
    private const string CreatedPath = ".metadata.creationTimestamp";

    /// <summary>The name, then the declared columns, or the age if there are none.</summary>
    public static IReadOnlyList<TableColumn> Of(IList<V1CustomResourceColumnDefinition>? columns) =>
        columns is { Count: > 0 }
            ? [TableColumn<CustomObject>.Name.Untyped(), .. columns.Select(Of)]
            : [TableColumn<CustomObject>.Name.Untyped(), TableColumn<CustomObject>.Age.Untyped()];

    private static TableColumn Of(V1CustomResourceColumnDefinition column)
    {
        Func<KubeObject, DateTimeOffset, object?> value = column.JsonPath == CreatedPath && column.Type == "date"
            ? (obj, now) => HumanDuration.Since(obj.Metadata.CreationTimestamp, now)
            : Reader(JsonPathExpression.TryParse(column.JsonPath), column.Type);
        return new TableColumn(
            column.Name, column.Type, column.Priority ?? 0, column.Format ?? "",
            column.Description ?? $"Custom resource definition column (in JSONPath format): {column.JsonPath}", value);
    }

    private static Func<KubeObject, DateTimeOffset, object?> Reader(JsonPathExpression? path, string type)
    {
        if (path is null)
            return (_, _) => null;
        return (obj, now) => path.Find(Whole((CustomObject)obj, path)).FirstOrDefault() is { } found ? CellOf(found, type, now) : null;
    }

    /// <summary>The object as one document; it includes metadata only if the path needs it.</summary>
    private static JsonNode? Whole(CustomObject obj, JsonPathExpression path) =>
        path.StartsAt("metadata") || path.StartsAt("kind") || path.StartsAt("apiVersion")
            ? JsonNode.Parse(ObjectCodec.Encode(obj))
            : obj.Content;

    private static object? CellOf(JsonNode found, string type, DateTimeOffset now)
    {
        var scalar = found as JsonValue;
        switch (type)
        {
            case "integer":
                return scalar is not null && scalar.TryGetValue<long>(out var integer) ? integer
                    : scalar is not null && scalar.TryGetValue<double>(out var real) ? (long)real : null;
            case "number":
                return scalar is not null && scalar.TryGetValue<double>(out var number) ? number
                    : scalar is not null && scalar.TryGetValue<long>(out var whole) ? whole : null;
            case "boolean":
                return scalar is not null && scalar.TryGetValue<bool>(out var flag) ? flag : null;
            case "date":
                return scalar is not null && scalar.TryGetValue<string>(out var moment)
                    && DateTimeOffset.TryParse(moment, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
                    ? HumanDuration.Format(now - time)
                    : "<invalid>";
            default:
                return scalar is not null && scalar.TryGetValue<string>(out var text) ? text : found.ToJsonString(ObjectCodec.Options);
        }
    }
}
