using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Writes aggregated discovery: all groups, versions and resources in one document.</summary>
/// <remarks>KEP-3352.</remarks>
internal static class AggregatedDiscoveryWriter
{
    /// <summary>Writes an <c>APIGroupDiscoveryList</c> of the given version.</summary>
    public static void Write(Utf8JsonWriter writer, IReadOnlyList<ServedGroup> groups, string version)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "APIGroupDiscoveryList"u8);
        writer.WriteString("apiVersion"u8, $"apidiscovery.k8s.io/{version}");
        writer.WriteStartObject("metadata"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("items"u8);
        foreach (var group in groups)
            WriteGroup(writer, group);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteGroup(Utf8JsonWriter writer, ServedGroup group)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("metadata"u8);
        writer.WriteStringIfAny("name"u8, group.Name);
        writer.WriteNull("creationTimestamp"u8);
        writer.WriteEndObject();
        writer.WriteStartArray("versions"u8);
        foreach (var version in group.Versions)
        {
            writer.WriteStartObject();
            writer.WriteString("version"u8, version.Version);
            writer.WriteStartArray("resources"u8);
            foreach (var resource in version.Resources)
                WriteResource(writer, version, resource);
            writer.WriteEndArray();
            writer.WriteString("freshness"u8, version.IsStale ? "Stale"u8 : "Current"u8);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter writer, ServedGroupVersion version, ServedResource resource)
    {
        writer.WriteStartObject();
        writer.WriteString("resource"u8, resource.Name);
        WriteKind(writer, version.Group, version.Version, resource.Kind);
        writer.WriteString("scope"u8, resource.Namespaced ? "Namespaced"u8 : "Cluster"u8);
        writer.WriteString("singularResource"u8, resource.Singular);
        writer.WriteStrings("verbs"u8, resource.Verbs);
        if (resource.ShortNames.Count > 0)
            writer.WriteStrings("shortNames"u8, resource.ShortNames);
        if (resource.Categories.Count > 0)
            writer.WriteStrings("categories"u8, resource.Categories);
        if (resource.Subresources.Count > 0)
            WriteSubresources(writer, resource);
        writer.WriteEndObject();
    }

    private static void WriteSubresources(Utf8JsonWriter writer, ServedResource resource)
    {
        writer.WriteStartArray("subresources"u8);
        foreach (var subresource in resource.Subresources)
        {
            writer.WriteStartObject();
            writer.WriteString("subresource"u8, subresource.Name);
            WriteKind(writer, subresource.Group, subresource.Version, subresource.Kind);
            writer.WriteStrings("verbs"u8, subresource.Verbs);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteKind(Utf8JsonWriter writer, string group, string version, string kind)
    {
        writer.WriteStartObject("responseKind"u8);
        writer.WriteString("group"u8, group);
        writer.WriteString("version"u8, version);
        writer.WriteString("kind"u8, kind);
        writer.WriteEndObject();
    }
}
