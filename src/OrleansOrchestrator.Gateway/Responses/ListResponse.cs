using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Answers with a page of objects. It is written into the connection object by object: a list of any size costs a
/// bounded buffer.</summary>
internal sealed class ListResponse(TimeProvider time)
{
    /// <summary>How much is written before the connection must take it, in bytes.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Sends a page in the view that the request asks for.</summary>
    public async ValueTask SendAsync(ApiRequest request, ObjectPage page)
    {
        var table = TableView.For(request, time);
        var response = request.Http.Response;
        if (request.Format.IsRewritten)
        {
            var whole = new ArrayBufferWriter<byte>();
            await WriteAsync(request, page, table, whole, static (_, _) => ValueTask.CompletedTask);
            await JsonResponse.SendAsync(request.Http, response.StatusCode, whole.WrittenMemory, request.Format, request.Cancellation);
            return;
        }

        response.ContentType = request.Format.ContentType;
        await WriteAsync(request, page, table, response.BodyWriter, static async (request, cancellation) =>
            await request.Http.Response.BodyWriter.FlushAsync(cancellation));
    }

    private static async ValueTask WriteAsync(
        ApiRequest request, ObjectPage page, TableView? table, IBufferWriter<byte> output, Func<ApiRequest, CancellationToken, ValueTask> flush)
    {
        await using var writer = new Utf8JsonWriter(output, JsonWriting.Compact);
        WriteStart(writer, request.Format, request.Form, page, table);
        var flushedBytes = 0L;
        foreach (var obj in page.Objects)
        {
            if (table is not null)
                table.WriteRow(writer, obj);
            else
                ObjectViews.Write(writer, obj, request, null);
            if (writer.BytesCommitted + writer.BytesPending - flushedBytes < FlushBytes)
                continue;
            writer.Flush();
            flushedBytes = writer.BytesCommitted;
            await flush(request, request.Cancellation);
        }

        TableView.WriteEnd(writer);
        writer.Flush();
        await flush(request, request.Cancellation);
    }

    private static void WriteStart(
        Utf8JsonWriter writer, ResponseFormat format, ResourceForm form, ObjectPage page, TableView? table)
    {
        if (table is not null)
        {
            table.WriteStart(writer, page);
            return;
        }

        writer.WriteStartObject();
        if (format.View == ResponseView.Object)
        {
            writer.WriteString("kind"u8, form.Definition.ListKind);
            writer.WriteString("apiVersion"u8, form.ApiVersion);
        }
        else
        {
            ObjectViews.WriteMetaType(writer, "PartialObjectMetadataList", format.Version);
        }

        ListMetadata.Write(writer, page.Revision, page.Continue, page.RemainingCount);
        writer.WriteStartArray("items"u8);
    }
}
