using System.Buffers;
using System.Globalization;
using System.Text.Json;
using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Json;
using OrleansOrchestrator.Gateway.Negotiation;

namespace OrleansOrchestrator.Gateway.Responses;

/// <summary>Sends a <c>metav1.Status</c>: any failure, or a success without an object.</summary>
internal static class StatusResponse
{
    /// <summary>Sends a status with its own code. It falls back to JSON, so that a client that accepts nothing suitable still learns
    /// the error.</summary>
    public static ValueTask SendAsync(HttpContext http, V1Status status, CancellationToken cancellationToken)
    {
        var code = status.Code ?? StatusCodes.Status500InternalServerError;
        if (status.Details?.RetryAfterSeconds is > 0 and var seconds)
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        var format = AcceptHeader.Choose(http.Request.Headers.Accept, ResponseScope.Status) ?? ResponseFormat.Json;
        return JsonResponse.SendAsync(http, code, Encode(status), format, cancellationToken);
    }

    /// <summary>A success.</summary>
    public static V1Status Success(int code = 200, V1StatusDetails? details = null) => new()
    {
        Status = "Success",
        Code = code,
        Details = details,
    };

    /// <summary>The JSON of a status.</summary>
    public static ReadOnlyMemory<byte> Encode(V1Status status)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(buffer, JsonWriting.Compact))
            Write(writer, status);
        return buffer.WrittenMemory;
    }

    /// <summary>Writes a status. The model's converter can only read.</summary>
    public static void Write(Utf8JsonWriter writer, V1Status status)
    {
        writer.WriteStartObject();
        writer.WriteString("kind"u8, "Status"u8);
        writer.WriteString("apiVersion"u8, "v1"u8);
        writer.WriteStartObject("metadata"u8);
        writer.WriteEndObject();
        writer.WriteStringIfAny("status"u8, status.Status);
        writer.WriteStringIfAny("message"u8, status.Message);
        writer.WriteStringIfAny("reason"u8, status.Reason);
        if (status.Details is { } details)
            WriteDetails(writer, details);
        if (status.Code is { } code)
            writer.WriteNumber("code"u8, code);
        writer.WriteEndObject();
    }

    private static void WriteDetails(Utf8JsonWriter writer, V1StatusDetails details)
    {
        writer.WriteStartObject("details"u8);
        writer.WriteStringIfAny("name"u8, details.Name);
        writer.WriteStringIfAny("group"u8, details.Group);
        writer.WriteStringIfAny("kind"u8, details.Kind);
        writer.WriteStringIfAny("uid"u8, details.Uid);
        if (details.Causes is { Count: > 0 } causes)
        {
            writer.WriteStartArray("causes"u8);
            foreach (var cause in causes)
            {
                writer.WriteStartObject();
                writer.WriteStringIfAny("reason"u8, cause.Reason);
                writer.WriteStringIfAny("message"u8, cause.Message);
                writer.WriteStringIfAny("field"u8, cause.Field);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        if (details.RetryAfterSeconds is > 0 and var seconds)
            writer.WriteNumber("retryAfterSeconds"u8, seconds);
        writer.WriteEndObject();
    }
}
