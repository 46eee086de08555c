using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The first stage of a write: decodes the body in one of the kind's versions, and converts it to the storage version.</summary>
internal static class BodyDecoding
{
    /// <summary>Decodes a body and converts it to the storage version.</summary>
    /// <exception cref="ApiException">400: malformed, of another kind, or with unknown fields under strict validation.</exception>
    public static KubeObject Decode(ServedVersion served, ReadOnlySpan<byte> json, WriteOptions options)
    {
        // JSON's null is the empty object.
        if (json.Trim(" \t\r\n"u8) is [(byte)'n', (byte)'u', (byte)'l', (byte)'l'])
            json = "{}"u8;
        try
        {
            var obj = served.Decode(json);
            CheckKind(served, obj);
            if (FieldFaults(served, json, options) is { Count: > 0 } faults)
                Report(faults, options, text => ApiErrors.BadRequest($"{SubjectOf(served)}: {text}"));
            return served.ToStorage(obj);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw DecodeFaults.IsMalformed(json, out var syntax)
                ? ApiErrors.Unrecognized(served.Definition.Kind, syntax, json)
                : Malformed(served, malformed, json);
        }
    }

    /// <summary>Decodes the result of a patch, and converts it to the storage version.</summary>
    /// <exception cref="ApiException">400: of another kind; 422: the result cannot be decoded, or has unknown fields under strict
    /// validation.</exception>
    public static KubeObject DecodePatched(ServedVersion served, PatchedObject patched, WriteOptions options)
    {
        var json = patched.Json.Span;
        try
        {
            var obj = served.Decode(json);
            CheckKind(served, obj);
            if (options.FieldValidation != FieldValidation.Ignore)
                Report([.. patched.Faults, .. served.FindUnknownFields(json)], options, text => patched.Refused(text));
            return served.ToStorage(obj);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw patched.Refused(patched.Explain(malformed, served.ModelType));
        }
    }

    /// <summary>Whether an exception says that JSON is no valid object.</summary>
    public static bool IsMalformed(Exception failure) => failure is JsonException or FormatException or ArgumentException or OverflowException
        or InvalidOperationException or NotSupportedException;

    /// <summary>The error for JSON that is no valid object.</summary>
    public static ApiException Malformed(ServedVersion served, Exception failure, ReadOnlySpan<byte> json) =>
        ApiErrors.BadRequest($"{SubjectOf(served)}: {DecodeFaults.Explain(failure, json, served.ModelType)}");

    private static string SubjectOf(ServedVersion served) => $"{served.Definition.Kind} in version \"{served.Version}\" cannot be handled as a {served.Definition.Kind}";

    /// <summary>Checks an applied configuration for duplicate fields. Unknown fields are refused in any case.</summary>
    /// <exception cref="ApiException">400: there are duplicates under strict validation.</exception>
    public static void CheckDuplicates(WriteOptions options)
    {
        if (options is { FieldValidation: FieldValidation.Strict, YamlFaults.Count: > 0 })
            throw ApiErrors.BadRequest($"error strict decoding patch: error converting YAML to JSON: {YamlText(options.YamlFaults)}");
        if (options.FieldValidation != FieldValidation.Ignore)
            Report(options.YamlFaults, options, ApiErrors.BadRequest);
    }

    private static void CheckKind(ServedVersion served, KubeObject obj)
    {
        if (!string.IsNullOrEmpty(obj.ApiVersion) && obj.ApiVersion != served.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({obj.ApiVersion}) does not match the expected API version ({served.ApiVersion})");
        }

        if (!string.IsNullOrEmpty(obj.Kind) && obj.Kind != served.Definition.Kind)
            throw ApiErrors.BadRequest($"the kind in the data ({obj.Kind}) does not match the expected kind ({served.Definition.Kind})");
    }

    private static IReadOnlyList<string> FieldFaults(ServedVersion served, ReadOnlySpan<byte> json, WriteOptions options)
    {
        if (options.FieldValidation == FieldValidation.Ignore)
            return [];
        var faults = served.FindUnknownFields(json);
        if (options.YamlFaults.Count == 0)
            return faults;
        // As warnings, one per line.
        return options.FieldValidation == FieldValidation.Strict
            ? [YamlText(options.YamlFaults), .. faults]
            : [.. options.YamlFaults, .. faults];
    }

    private static string YamlText(IReadOnlyList<string> faults) => $"yaml: unmarshal errors:\n  {string.Join("\n  ", faults)}";

    /// <summary>Warns of faulty fields, or refuses them.</summary>
    private static void Report(IReadOnlyList<string> faults, WriteOptions options, Func<string, ApiException> refused)
    {
        if (faults.Count > 0 && options.FieldValidation == FieldValidation.Strict)
            throw refused($"strict decoding error: {string.Join(", ", faults)}");
        foreach (var fault in faults)
            options.Warn?.Invoke(fault);
    }
}
