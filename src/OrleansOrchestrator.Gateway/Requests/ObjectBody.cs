using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Documents.Yaml;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Gateway.Protobuf;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Requests;

/// <summary>Reads bodies that are objects in JSON, YAML or protobuf.</summary>
internal sealed class ObjectBody(GatewayOptions options)
{
    /// <summary>Reads a body of any of these formats as JSON.</summary>
    /// <exception cref="ApiException">415: unknown format; 413: too large; 400: malformed YAML or protobuf.</exception>
    public async ValueTask<RequestBody> ReadJsonAsync(ApiRequest request)
    {
        var mediaType = MediaTypeOf(request.Http.Request);
        if (mediaType == MediaTypes.Json)
            return await ReadPlainJsonAsync(request);
        var body = await ReadAsync(request);
        if (body.Length == 0)
            return body;
        using (body)
            return ToJson(request, body, mediaType);
    }

    /// <summary>Reads a JSON body.</summary>
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

    /// <summary>Reads an apply configuration, in YAML or JSON, as JSON in a buffer of its own.</summary>
    /// <returns>The JSON, and the faults of its fields.</returns>
    /// <exception cref="ApiException">413: too large; 400: malformed YAML.</exception>
    public async ValueTask<(ReadOnlyMemory<byte> Json, IReadOnlyList<string> Faults)> ReadConfigurationAsync(ApiRequest request)
    {
        using var body = await ReadAsync(request);
        try
        {
            // All JSON is YAML, but the JSON parser is much faster.
            if (body.Span.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
                return (YamlConverter.SettleJson(UnicodeText.Repair(body.Span), out var repeated), [.. repeated.Select(one => one.YamlText)]);
            var json = YamlConverter.ToJson(body.Span, out var duplicates);
            return (json, [.. duplicates.Select(one => one.YamlText)]);
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            throw ApiErrors.BadRequest($"error decoding patch: {malformed.Message}");
        }
    }

    /// <summary>Reads a body whose model is no stored kind.</summary>
    /// <returns>The model; null if there is no body.</returns>
    /// <exception cref="ApiException">As for the other methods, and 400: malformed.</exception>
    public async ValueTask<T?> ReadModelAsync<T>(ApiRequest request)
        where T : class
    {
        using var body = await ReadJsonAsync(request);
        return body.Length == 0 ? null : Decode<T>(body.Span);
    }

    /// <summary>Decodes a model that is no stored kind.</summary>
    /// <exception cref="ApiException">400: malformed.</exception>
    public static T Decode<T>(ReadOnlySpan<byte> json)
    {
        try
        {
            return ObjectCodec.Decode<T>(json);
        }
        catch (JsonException malformed)
        {
            throw ApiErrors.BadRequest(DecodeFaults.Explain(malformed, json, typeof(T)));
        }
    }

    private static string MediaTypeOf(HttpRequest request) => MediaTypes.WithoutParameters(request.ContentType) switch
    {
        "" or MediaTypes.Json => MediaTypes.Json,
        MediaTypes.Yaml => MediaTypes.Yaml,
        MediaTypes.Protobuf => MediaTypes.Protobuf,
        _ => throw ApiErrors.UnsupportedMediaType(request.ContentType!, MediaTypes.Supported),
    };

    private static RequestBody ToJson(ApiRequest request, RequestBody body, string mediaType)
    {
        try
        {
            if (mediaType == MediaTypes.Protobuf)
                return RequestBody.Of(ProtobufConverter.ToJson(body.Span).Span);
            var json = YamlConverter.ToJson(body.Span, out var duplicates);
            return RequestBody.Of(json, [.. duplicates.Select(one => one.YamlText)]);
        }
        catch (YamlConversionException malformed)
        {
            throw ApiErrors.Unrecognized(request.Info.Definition?.Kind ?? request.Info.Resource, malformed.Problem, body.Span);
        }
        catch (FormatException malformed)
        {
            throw ApiErrors.BadRequest(malformed.Message);
        }
    }
}
