using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes an OpenAPI document of some kinds: their paths, and all schemas that these use.</summary>
internal sealed class DocumentWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    /// <summary>Writes the document.</summary>
    public void Write(IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted)
    {
        writer.WriteStartObject();
        writer.WriteString(dialect.VersionField, dialect.Version);
        WriteInfo();
        WritePaths(versions, posted);
        if (dialect.IsVersion2)
        {
            WriteSchemas("definitions", versions, posted);
        }
        else
        {
            writer.WriteStartObject("components"u8);
            WriteSchemas("schemas", versions, posted);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private void WriteInfo()
    {
        writer.WriteStartObject("info"u8);
        writer.WriteString("title"u8, "Kubernetes"u8);
        writer.WriteString("version"u8, "v1.33.0"u8);
        writer.WriteEndObject();
    }

    private void WritePaths(IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted)
    {
        var paths = new PathWriter(writer, names, dialect);
        writer.WriteStartObject("paths"u8);
        foreach (var served in versions)
            paths.Write(served);
        foreach (var kind in posted)
            paths.Write(kind);
        writer.WriteEndObject();
    }

    private void WriteSchemas(string property, IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted)
    {
        var kinds = KindsByType(versions, posted);
        var types = ModelShape.CommonTypes.Concat(versions.SelectMany(ModelShape.TypesOf))
            .Concat(ModelShape.TypesReachedFrom(posted.Select(kind => kind.Model)));
        if (versions.Any(served => served.Definition.Scale is not null))
            types = types.Concat(ModelShape.ScaleTypes);
        var schemas = new SchemaWriter(writer, names, dialect);
        writer.WriteStartObject(property);
        foreach (var type in types.Distinct().OrderBy(type => names[type], StringComparer.Ordinal))
            schemas.WriteNamed(type, kinds[type]);
        var custom = new CustomSchemaWriter(writer, names, dialect);
        foreach (var version in versions.OfType<CustomVersion>())
            custom.Write(version);
        writer.WriteEndObject();
    }

    private static ILookup<Type, KindName> KindsByType(IReadOnlyList<ServedVersion> versions, IReadOnlyList<PostedKind> posted)
    {
        var kinds = new List<(Type Type, KindName Kind)>
        {
            (typeof(V1Status), new KindName("", "v1", "Status")),
            (typeof(V1DeleteOptions), new KindName("", "v1", "DeleteOptions")),
            (typeof(V1Scale), new KindName("autoscaling", "v1", "Scale")),
        };
        foreach (var served in versions.Where(served => served is not CustomVersion))
        {
            kinds.Add((served.ModelType, KindName.Of(served)));
            if (ModelShape.ListTypeOf(served.ModelType) is { } list)
                kinds.Add((list, new KindName(served.Group, served.Version, served.Definition.ListKind)));
        }

        kinds.AddRange(posted.Select(kind => (kind.Model, kind.Name)));
        return kinds.ToLookup(kind => kind.Type, kind => kind.Kind);
    }
}
