using System.Text.Json;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.OpenApi;

/// <summary>A kind with group and version, by which clients find its schema and operations.</summary>
internal readonly record struct KindName(string Group, string Version, string Kind)
{
    /// <summary>The name of the extension that carries it.</summary>
    public const string Extension = "x-kubernetes-group-version-kind";

    /// <summary>The name of a kind in one of its versions.</summary>
    public static KindName Of(ServedVersion version) => new(version.Group, version.Version, version.Definition.Kind);

    /// <summary>Writes the extension with the kinds of a schema, if there are any.</summary>
    public static void WriteAll(Utf8JsonWriter writer, IEnumerable<KindName> kinds)
    {
        var known = kinds.ToList();
        if (known.Count == 0)
            return;
        writer.WriteStartArray(Extension);
        foreach (var kind in known)
            kind.Write(writer);
        writer.WriteEndArray();
    }

    /// <summary>Writes the object.</summary>
    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        writer.WriteString("group"u8, Group);
        writer.WriteString("kind"u8, Kind);
        writer.WriteString("version"u8, Version);
        writer.WriteEndObject();
    }
}
