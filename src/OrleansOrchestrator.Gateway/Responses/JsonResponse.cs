using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Sends an answer whose JSON is complete.</summary>
internal static class JsonResponse
{
    /// <summary>Sends JSON, rewritten if the client wants that.</summary>
    public static async ValueTask SendAsync(
        HttpContext http, int code, ReadOnlyMemory<byte> json, ResponseFormat format, CancellationToken cancellationToken)
    {
        await SendBytesAsync(http, code, Rewrite(json, format), format.ContentType, cancellationToken);
    }

    /// <summary>Rewrites JSON to the client's format, if necessary.</summary>
    public static ReadOnlyMemory<byte> Rewrite(ReadOnlyMemory<byte> json, ResponseFormat format)
    {
        if (format.IsYaml)
            return Encoding.UTF8.GetBytes(YamlConverter.FromJson(json.Span));
        if (format.IsProtobuf)
            return ProtobufEncoder.FromJson(json);
        return format.IsPretty ? Indent(json) : json;
    }

    /// <summary>Sends bytes unchanged.</summary>
    public static async ValueTask SendBytesAsync(
        HttpContext http, int code, ReadOnlyMemory<byte> bytes, string contentType, CancellationToken cancellationToken)
    {
        var response = http.Response;
        response.StatusCode = code;
        response.ContentType = contentType;
        response.ContentLength = bytes.Length;
        await response.BodyWriter.WriteAsync(bytes, cancellationToken);
    }

    private static ReadOnlyMemory<byte> Indent(ReadOnlyMemory<byte> json)
    {
        var indented = new ArrayBufferWriter<byte>(json.Length * 2);
        using (var document = JsonDocument.Parse(json))
        using (var writer = new Utf8JsonWriter(indented, JsonWriting.Indented))
            document.WriteTo(writer);
        return indented.WrittenMemory;
    }
}
