using System.Text.Json;
using k8s.Models;
using OrleansOrchestrator.Model.CustomResources;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>Writes an OpenAPI document of some kinds: their paths, and all schemas that these refer to.</summary>
internal sealed class DocumentWriter(Utf8JsonWriter writer, SchemaNames names, OpenApiDialect dialect)
{
    /// <summary>Writes the document.</summary>
    public void Write(IReadOnlyList<ResourceForm> forms)
    {
        writer.WriteStartObject();
        writer.WriteString(dialect.VersionField, dialect.Version);
        WriteInfo();
        WritePaths(forms);
        if (dialect.IsVersion2)
        {
            WriteSchemas("definitions", forms);
        }
        else
        {
            writer.WriteStartObject("components"u8);
            WriteSchemas("schemas", forms);
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

    private void WritePaths(IReadOnlyList<ResourceForm> forms)
    {
        var paths = new PathWriter(writer, names, dialect);
        writer.WriteStartObject("paths"u8);
        foreach (var form in forms)
            paths.Write(form);
        writer.WriteEndObject();
    }

    private void WriteSchemas(string property, IReadOnlyList<ResourceForm> forms)
    {
        var kinds = KindsByType(forms);
        var types = ModelShape.CommonTypes.Concat(forms.SelectMany(ModelShape.TypesOf));
        if (forms.Any(form => form.Definition.Scale is not null))
            types = types.Concat(ModelShape.ScaleTypes);
        var schemas = new SchemaWriter(writer, names, dialect);
        writer.WriteStartObject(property);
        foreach (var type in types.Distinct().OrderBy(type => names[type], StringComparer.Ordinal))
            schemas.WriteNamed(type, kinds[type]);
        var custom = new CustomSchemaWriter(writer, names, dialect);
        foreach (var version in forms.OfType<CustomVersion>())
            custom.Write(version);
        writer.WriteEndObject();
    }

    private static ILookup<Type, KindName> KindsByType(IReadOnlyList<ResourceForm> forms)
    {
        var kinds = new List<(Type Type, KindName Kind)>
        {
            (typeof(V1Status), new KindName("", "v1", "Status")),
            (typeof(V1DeleteOptions), new KindName("", "v1", "DeleteOptions")),
            (typeof(V1Scale), new KindName("autoscaling", "v1", "Scale")),
        };
        foreach (var form in forms.Where(form => form is not CustomVersion))
        {
            kinds.Add((form.ModelType, KindName.Of(form)));
            if (ModelShape.ListTypeOf(form.ModelType) is { } list)
                kinds.Add((list, new KindName(form.Group, form.Version, form.Definition.ListKind)));
        }

        return kinds.ToLookup(kind => kind.Type, kind => kind.Kind);
    }
}
