using System.Buffers;
using System.Text.Json;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Answers with one object.</summary>
internal sealed class ObjectResponse(TimeProvider time)
{
    /// <summary>Sends an object in the requested view. In its storage version the stored bytes are sent unchanged.</summary>
    public ValueTask SendAsync(ApiRequest request, int code, StoredObject obj)
    {
        if (request.Format is { IsProtobuf: true, View: ResponseView.Object })
        {
            var message = ProtobufEncoder.FromJson(request.ServedVersion.JsonOf(obj));
            return JsonResponse.SendBytesAsync(request.Http, code, message, request.Format.ContentType, request.Cancellation);
        }

        if (request.Format.IsPlain)
            return JsonResponse.SendBytesAsync(request.Http, code, request.ServedVersion.JsonOf(obj), request.Format.ContentType, request.Cancellation);

        var buffer = new ArrayBufferWriter<byte>(obj.Json.Length);
        using (var writer = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            ObjectViews.Write(writer, obj, request, TableView.For(request, time));
        return JsonResponse.SendAsync(request.Http, code, buffer.WrittenMemory, request.Format, request.Cancellation);
    }
}
