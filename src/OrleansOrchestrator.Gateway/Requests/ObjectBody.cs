using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Hosting;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Yaml;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads bodies that are objects, as JSON, YAML or protobuf.</summary>
internal sealed class ObjectBody(GatewayOptions options)
{
    /// <summary>Reads a body as JSON, whatever it is sent as.</summary>
    /// <exception cref="ApiException">415: in no format that is read; 413: too large; 400: malformed YAML or protobuf.</exception>
    public async ValueTask<RequestBody> ReadJsonAsync(ApiRequest request)
    {
        var mediaType = MediaTypeOf(request.Http.Request);
        if (mediaType == MediaTypes.Json)
            return await ReadPlainJsonAsync(request);
        var body = await ReadAsync(request);
        if (body.Length == 0)
            return body;
        using (body)
            return RequestBody.Of(ToJson(body.Span, mediaType).Span);
    }

    /// <summary>Reads a body of JSON.</summary>
    /// <exception cref="ApiException">413: too large.</exception>
    public async ValueTask<RequestBody> ReadPlainJsonAsync(ApiRequest request)
    {
        var body = await ReadAsync(request);
        if (UnicodeText.IsUnicode(body.Span))
            return body;
        using (body)
            return RequestBody.Of(UnicodeText.Repair(body.Span));
    }

    private ValueTask<RequestBody> ReadAsync(ApiRequest request) =>
        RequestBody.ReadAsync(request.Http.Request, options.RequestBodyBytesMax, request.Cancellation);

    /// <summary>Reads a configuration to apply, which is YAML or JSON, as JSON of its own.</summary>
    /// <exception cref="ApiException">413: too large; 400: malformed YAML.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadConfigurationAsync(ApiRequest request)
    {
        using var body = await ReadAsync(request);
        // All JSON is YAML, but is read much faster as what it is.
        if (body.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
            return UnicodeText.Repair(body.Span);
        try
        {
            return YamlConverter.ToJson(body.Span);
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest($"error decoding YAML: {malformed.Message}");
        }
    }

    /// <summary>Reads a body of a model that is not a stored kind.</summary>
    /// <returns>The model; null if there is no body.</returns>
    /// <exception cref="ApiException">As for the others, and 400: malformed.</exception>
    public async ValueTask<T?> ReadModelAsync<T>(ApiRequest request)
        where T : class
    {
        using var body = await ReadJsonAsync(request);
        return body.Length == 0 ? null : Decode<T>(body.Span);
    }

    /// <summary>Decodes a model that is not a stored kind.</summary>
    /// <exception cref="ApiException">400: malformed.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return ObjectCodec.Decode<T>(json);
        }
        catch (JsonException malformed)
        {
            throw ApiErrors.BadRequest($"the body cannot be read: {malformed.Message}");
        }
    }

    private static string MediaTypeOf(HttpRequest request) => MediaTypes.WithoutParameters(request.ContentType) switch
    {
        "" or MediaTypes.Json => MediaTypes.Json,
        MediaTypes.Yaml => MediaTypes.Yaml,
        MediaTypes.Protobuf => MediaTypes.Protobuf,
        _ => throw ApiErrors.UnsupportedMediaType(request.ContentType!, MediaTypes.Supported),
    };

    private static ReadOnlyMemory<byte> ToJson(ReadOnlySpan<byte> body, string mediaType)
    {
        try
        {
            return mediaType == MediaTypes.Yaml ? YamlConverter.ToJson(body) : ProtobufConverter.ToJson(body);
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }
}
