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

/// <summary>Answers with a page of objects. It is written into the connection object by object: a list of any size costs a
/// bounded buffer. A large one is encoded in turn with others, and holds up none of them while its client reads.</summary>
internal sealed class ListResponse(FairListLimiter limiter, GatewayOptions options, TimeProvider time)
{
    /// <summary>How much is written before the connection must take it, in bytes: what else it carries waits behind that of each list.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Sends a page in the view that the request asks for.</summary>
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

    /// <summary>Sends a page in protobuf. What precedes the objects has their length in it, so that they are all encoded before.</summary>
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
        writer.Flush();
        for (var next = 0; next < page.Objects.Count;)
        {
            next = request.Format.View == ResponseView.Object
                ? WriteObjects(output, request.ServedVersion, page.Objects, next)
                : WriteViews(writer, request, table, page.Objects, next);
            if (next == page.Objects.Count)
                break;

            // What the connection does at once, encryption above all, belongs to the permit. Then the client may take its time:
            // others are served meanwhile, and this list goes on when it is its user's permit.
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

        // What is still to be rewritten keeps its permit.
        if (!request.Format.IsRewritten)
            permit?.Release();
        await last;
    }

    /// <summary>Writes objects in the bytes that are at hand, as many as should be sent at once.</summary>
    /// <returns>The first that has not been written.</returns>
    private static int WriteObjects(IBufferWriter<byte> output, ServedVersion version, IReadOnlyList<StoredObject> objects, int next)
    {
        var spans = new SpanFiller(output);
        for (var bytes = 0; next < objects.Count && bytes < FlushBytes; next++)
        {
            if (next > 0)
                spans.Write(","u8);
            var json = version.JsonOf(objects[next]).Span;
            spans.Write(json);
            bytes += json.Length;
        }

        spans.Commit();
        return next;
    }

    /// <summary>Writes the rows or the metadata of objects, as many as should be sent at once.</summary>
    /// <returns>The first that has not been written.</returns>
    private static int WriteViews(
        Utf8JsonWriter writer, ApiRequest request, TableView? table, IReadOnlyList<StoredObject> objects, int next)
    {
        for (var before = writer.BytesCommitted; next < objects.Count && writer.BytesCommitted + writer.BytesPending - before < FlushBytes; next++)
        {
            if (table is not null)
                table.WriteRow(writer, objects[next]);
            else
                ObjectViews.Write(writer, objects[next], request, null);
        }

        writer.Flush();
        return next;
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
