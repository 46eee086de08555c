using System.Text.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Writes one object in the requested view.</summary>
internal static class ObjectViews
{
    /// <summary>Writes an object.</summary>
    /// <param name="writer">The writer.</param>
    /// <param name="obj">The object.</param>
    /// <param name="request">The request with the view.</param>
    /// <param name="table">Makes tables; null for other views.</param>
    /// <param name="isFirst">Whether a table contains its columns, as the first one of a watch does.</param>
    public static void Write(Utf8JsonWriter writer, StoredObject obj, ApiRequest request, TableView? table, bool isFirst = true)
    {
        switch (request.Format.View)
        {
            case ResponseView.Table:
                table!.WriteSingle(writer, obj, isFirst);
                break;
            case ResponseView.PartialMetadata or ResponseView.PartialMetadataList:
                WritePartial(writer, request.ServedVersion.JsonOf(obj).Span, request.Format.Version);
                break;
            default:
                writer.WriteRawValue(request.ServedVersion.JsonOf(obj).Span, skipInputValidation: true);
                break;
        }
    }

    /// <summary>Writes an object's <c>PartialObjectMetadata</c>.</summary>
    public static void WritePartial(Utf8JsonWriter writer, ReadOnlySpan<byte> json, string version)
    {
        writer.WriteStartObject();
        WriteMetaType(writer, "PartialObjectMetadata", version);
        writer.WritePropertyName("metadata"u8);
        writer.WriteRawValue(MetadataSlice.Of(json), skipInputValidation: true);
        writer.WriteEndObject();
    }

    /// <summary>Writes kind and apiVersion of a <c>meta.k8s.io</c> object.</summary>
    public static void WriteMetaType(Utf8JsonWriter writer, string kind, string version)
    {
        writer.WriteString("kind"u8, kind);
        writer.WriteString("apiVersion"u8, version == "v1" ? "meta.k8s.io/v1" : "meta.k8s.io/v1beta1");
    }
}
