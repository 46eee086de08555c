using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Limits;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Answers with a page of objects. It is written to the connection object by object, so that a list of any size needs a
/// bounded buffer. Large lists take turns at encoding, and hold no seat while their client reads.</summary>
internal sealed class ListResponse(FairListLimiter limiter, GatewayOptions options, TimeProvider time)
{
    /// <summary>The bytes to write before the connection must take them.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Sends a page in the requested view.</summary>
    public async ValueTask SendAsync(ApiRequest request, ObjectPage page)
    {
        using var permit = IsLarge(page) ? await limiter.AcquireAsync(request.User.Name, request.Cancellation) : null;
        var table = TableView.For(request, time);
        var response = request.Http.Response;
        if (request.Format.IsProtobuf)
        {
            await SendProtobufAsync(request, page, permit);
            return;
        }

        if (request.Format.IsRewritten)
        {
            var whole = new ArrayBufferWriter<byte>();
            await WriteAsync(request, page, table, whole, permit, static async (_, _) => await Task.Yield());
            var rewritten = JsonResponse.Rewrite(whole.WrittenMemory, request.Format);
            permit?.Release();
            await JsonResponse.SendBytesAsync(request.Http, response.StatusCode, rewritten, request.Format.ContentType, request.Cancellation);
            return;
        }

        response.ContentType = request.Format.ContentType;
        await WriteAsync(request, page, table, response.BodyWriter, permit, static async (request, cancellation) =>
            await request.Http.Response.BodyWriter.FlushAsync(cancellation));
    }

    /// <summary>Sends a page in protobuf. The list's prefix contains the length of the objects, so that all are encoded first.</summary>
    private static async ValueTask SendProtobufAsync(ApiRequest request, ObjectPage page, ListPermit? permit)
    {
        using var writer = new WireWriter();
        ProtobufList.Write(writer, request, page);
        permit?.Release();
        var response = request.Http.Response;
        response.ContentType = request.Format.ContentType;
        response.ContentLength = writer.Length;
        await response.BodyWriter.WriteAsync(writer.WrittenMemory, request.Cancellation);
    }

    private bool IsLarge(ObjectPage page)
    {
        if (page.Objects.Count > options.LargeListObjects)
            return true;
        var bytes = 0L;
        foreach (var obj in page.Objects)
            bytes += obj.Json.Length;
        return bytes > options.LargeListBytes;
    }

    private static async ValueTask WriteAsync(
        ApiRequest request,
        ObjectPage page,
        TableView? table,
        IBufferWriter<byte> output,
        ListPermit? permit,
        Func<ApiRequest, CancellationToken, ValueTask> flush)
    {
        await using var writer = new Utf8JsonWriter(output, JsonWriting.Compact);
        WriteStart(writer, request.Format, request.ServedVersion, page, table);
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

            // The synchronous part of a flush, mostly encryption, still uses the permit. Then the list releases it while the client
            // reads, and continues when it gets a permit again.
            var flushing = flush(request, request.Cancellation);
            if (permit is null)
            {
                await flushing;
                continue;
            }

            permit.Release();
            if (flushing.IsCompleted)
                await Task.Yield();
            await flushing;
            await permit.ReacquireAsync(request.Cancellation);
        }

        TableView.WriteEnd(writer);
        writer.Flush();
        var last = flush(request, request.Cancellation);

        // A format that is rewritten afterwards keeps the permit.
        if (!request.Format.IsRewritten)
            permit?.Release();
        await last;
    }

    private static void WriteStart(
        Utf8JsonWriter writer, ResponseFormat format, ServedVersion version, ObjectPage page, TableView? table)
    {
        if (table is not null)
        {
            table.WriteStart(writer, page);
            return;
        }

        writer.WriteStartObject();
        if (format.View == ResponseView.Object)
        {
            writer.WriteString("kind"u8, version.Definition.ListKind);
            writer.WriteString("apiVersion"u8, version.ApiVersion);
        }
        else
        {
            ObjectViews.WriteMetaType(writer, "PartialObjectMetadataList", format.Version);
        }

        ListMetadata.Write(writer, page.Revision, page.Continue, page.RemainingCount);
        writer.WriteStartArray("items"u8);
    }
}
