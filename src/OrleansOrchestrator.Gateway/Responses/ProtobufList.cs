using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Writes lists in protobuf one object at a time, so that their JSON is never in one buffer.</summary>
internal static class ProtobufList
{
    // All lists have their metadata in 1 and their items in 2.
    private const int MetadataNumber = 1;
    private const int ItemsNumber = 2;

    /// <summary>Writes a page in the requested view.</summary>
    public static void Write(WireWriter writer, ApiRequest request, ObjectPage page)
    {
        var isWhole = request.Format.View == ResponseView.Object;
        var fields = isWhole
            ? ProtobufSchema.Instance.FindKind(request.ServedVersion.ApiVersion, request.Definition.Kind)!
            : ProtobufSchema.Instance.Find("meta.v1.PartialObjectMetadata")!;
        foreach (var obj in page.Objects.Reverse())
            ProtobufEncoder.WriteItem(writer, ItemsNumber, fields, isWhole ? request.ServedVersion.JsonOf(obj) : MetadataOf(obj, request));
        ProtobufEncoder.WriteItem(writer, MetadataNumber, ProtobufSchema.Instance.Find("meta.v1.ListMeta")!, MetadataOf(page));
        ProtobufEncoder.WriteEnvelope(
            writer,
            isWhole ? request.ServedVersion.ApiVersion : $"meta.k8s.io/{request.Format.Version}",
            isWhole ? request.Definition.ListKind : "PartialObjectMetadataList",
            writer.Length);
    }

    private static ReadOnlyMemory<byte> MetadataOf(StoredObject obj, ApiRequest request)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            ObjectViews.WritePartial(json, request.ServedVersion.JsonOf(obj).Span, request.Format.Version);
        return buffer.WrittenMemory;
    }

    private static ReadOnlyMemory<byte> MetadataOf(ObjectPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, JsonWriting.Compact))
        {
            json.WriteStartObject();
            ListMetadata.Write(json, page.Revision, page.Continue, page.RemainingCount);
            json.WriteEndObject();
        }

        using var whole = JsonDocument.Parse(buffer.WrittenMemory);
        return JsonSerializer.SerializeToUtf8Bytes(whole.RootElement.GetProperty("metadata"u8));
    }
}
