using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;

namespace OrleansOrchestrator.Gateway.Discovery;

/// <summary>Writes the documents of unaggregated discovery.</summary>
internal static class DiscoveryWriter
{
    /// <summary><c>/api</c>: the versions of the core group.</summary>
    public static void WriteVersions(Utf8JsonWriter writer, IReadOnlyList<ServedGroup> core)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "APIVersions"u8);
        writer.WriteStrings("versions"u8, core.SelectMany(group => group.Versions).Select(version => version.Version));
        // Clients use the address by which they came.
        writer.WriteStartArray("serverAddressByClientCIDRs"u8);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary><c>/apis</c>: all other groups.</summary>
    public static void WriteGroupList(Utf8JsonWriter writer, IReadOnlyList<ServedGroup> groups)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "APIGroupList"u8);
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteStartArray("groups"u8);
        foreach (var group in groups)
            WriteGroup(writer, group, isInList: true);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    /// <summary><c>/apis/apps</c>: one group.</summary>
    public static void WriteGroup(Utf8JsonWriter writer, ServedGroup group, bool isInList)
    {
        writer.WriteStartObject();
        if (!isInList)
        {
            writer.WriteString("kind"u8, "APIGroup"u8);
            writer.WriteString("apiVersion"u8, "v1"u8);
        }

        writer.WriteString("name"u8, group.Name);
        writer.WriteStartArray("versions"u8);
        foreach (var version in group.Versions)
            WriteVersion(writer, version);
        writer.WriteEndArray();
        writer.WritePropertyName("preferredVersion"u8);
        WriteVersion(writer, group.Versions[0]);
        writer.WriteEndObject();
    }

    /// <summary><c>/apis/apps/v1</c>: the resources of a version.</summary>
    public static void WriteResources(Utf8JsonWriter writer, ServedGroupVersion version)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "APIResourceList"u8);
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteString("groupVersion"u8, version.GroupVersion);
        writer.WriteStartArray("resources"u8);
        foreach (var resource in version.Resources)
        {
            WriteResource(writer, resource);
            foreach (var subresource in resource.Subresources)
                WriteSubresource(writer, version, resource, subresource);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteVersion(Utf8JsonWriter writer, ServedGroupVersion version)
    {
        writer.WriteStartObject();
        writer.WriteString("groupVersion"u8, version.GroupVersion);
        writer.WriteString("version"u8, version.Version);
        writer.WriteEndObject();
    }

    private static void WriteResource(Utf8JsonWriter writer, ServedResource resource)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, resource.Name);
        writer.WriteString("singularName"u8, resource.Singular);
        writer.WriteBoolean("namespaced"u8, resource.Namespaced);
        writer.WriteString("kind"u8, resource.Kind);
        writer.WriteStrings("verbs"u8, resource.Verbs);
        if (resource.ShortNames.Count > 0)
            writer.WriteStrings("shortNames"u8, resource.ShortNames);
        if (resource.Categories.Count > 0)
            writer.WriteStrings("categories"u8, resource.Categories);
        writer.WriteEndObject();
    }

    private static void WriteSubresource(Utf8JsonWriter writer, ServedGroupVersion version, ServedResource resource, ServedSubresource subresource)
    {
        writer.WriteStartObject();
        writer.WriteString("name"u8, $"{resource.Name}/{subresource.Name}");
        writer.WriteString("singularName"u8, ""u8);
        writer.WriteBoolean("namespaced"u8, resource.Namespaced);
        if (subresource.Group != version.Group || subresource.Version != version.Version)
        {
            writer.WriteStringIfAny("group"u8, subresource.Group);
            writer.WriteString("version"u8, subresource.Version);
        }

        writer.WriteString("kind"u8, subresource.Kind);
        writer.WriteStrings("verbs"u8, subresource.Verbs);
        writer.WriteEndObject();
    }
}
