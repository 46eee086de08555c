using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>The first stage of a write: reads what was sent in one of a kind's forms, and turns it into the storage form.</summary>
internal static class BodyDecoding
{
    /// <summary>Reads a body and turns it into the storage form.</summary>
    /// <exception cref="ApiException">400: malformed, of another kind, or with unknown fields where they are refused.</exception>
    public static KubeObject Decode(ResourceForm form, ReadOnlySpan<byte> json, WriteOptions options)
    {
        // No object is the empty one.
        if (json.Trim(" \t\r\n"u8) is [(byte)'n', (byte)'u', (byte)'l', (byte)'l'])
            json = "{}"u8;
        try
        {
            var obj = form.Decode(json);
            CheckKind(form, obj);
            if (FieldFaults(form, json, options) is { Count: > 0 } faults)
                Report(faults, options, text => ApiErrors.BadRequest($"{SubjectOf(form)}: {text}"));
            return form.ToStorage(obj);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw DecodeFaults.IsMalformed(json, out var syntax)
                ? ApiErrors.Unrecognized(form.Definition.Kind, syntax, json)
                : Malformed(form, malformed, json);
        }
    }

    /// <summary>Reads what a patch has made of an object, and turns it into the storage form.</summary>
    /// <exception cref="ApiException">400: of another kind; 422: what the patch made cannot be read, or has unknown fields where they are refused.</exception>
    public static KubeObject DecodePatched(ResourceForm form, PatchedObject patched, WriteOptions options)
    {
        var json = patched.Json.Span;
        try
        {
            var obj = form.Decode(json);
            CheckKind(form, obj);
            if (options.FieldValidation != FieldValidation.Ignore)
                Report([.. patched.Faults, .. form.FindUnknownFields(json)], options, text => patched.Refused(text));
            return form.ToStorage(obj);
        }
        catch (Exception malformed) when (IsMalformed(malformed))
        {
            throw patched.Refused(patched.Explain(malformed, form.ModelType));
        }
    }

    /// <summary>Whether a failure says that JSON cannot be read as an object.</summary>
    public static bool IsMalformed(Exception failure) => failure is JsonException or FormatException or ArgumentException or OverflowException
        or InvalidOperationException or NotSupportedException;

    /// <summary>What the sender is told whose JSON cannot be read as an object.</summary>
    public static ApiException Malformed(ResourceForm form, Exception failure, ReadOnlySpan<byte> json) =>
        ApiErrors.BadRequest($"{SubjectOf(form)}: {DecodeFaults.Explain(failure, json, form.ModelType)}");

    private static string SubjectOf(ResourceForm form) => $"{form.Definition.Kind} in version \"{form.Version}\" cannot be handled as a {form.Definition.Kind}";

    /// <summary>Looks for fields that an applied configuration gives twice; those it should not give are refused in any case.</summary>
    /// <exception cref="ApiException">400: there are some, and they are refused.</exception>
    public static void CheckDuplicates(WriteOptions options)
    {
        if (options is { FieldValidation: FieldValidation.Strict, YamlFaults.Count: > 0 })
            throw ApiErrors.BadRequest($"error strict decoding patch: error converting YAML to JSON: {YamlText(options.YamlFaults)}");
        if (options.FieldValidation != FieldValidation.Ignore)
            Report(options.YamlFaults, options, ApiErrors.BadRequest);
    }

    private static void CheckKind(ResourceForm form, KubeObject obj)
    {
        if (!string.IsNullOrEmpty(obj.ApiVersion) && obj.ApiVersion != form.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({obj.ApiVersion}) does not match the expected API version ({form.ApiVersion})");
        }

        if (!string.IsNullOrEmpty(obj.Kind) && obj.Kind != form.Definition.Kind)
            throw ApiErrors.BadRequest($"the kind in the data ({obj.Kind}) does not match the expected kind ({form.Definition.Kind})");
    }

    private static IReadOnlyList<string> FieldFaults(ResourceForm form, ReadOnlySpan<byte> json, WriteOptions options)
    {
        if (options.FieldValidation == FieldValidation.Ignore)
            return [];
        var faults = form.FindUnknownFields(json);
        if (options.YamlFaults.Count == 0)
            return faults;
        // Whoever is warned is told line by line.
        return options.FieldValidation == FieldValidation.Strict
            ? [YamlText(options.YamlFaults), .. faults]
            : [.. options.YamlFaults, .. faults];
    }

    private static string YamlText(IReadOnlyList<string> faults) => $"yaml: unmarshal errors:\n  {string.Join("\n  ", faults)}";

    /// <summary>Warns of faults of fields, or refuses them.</summary>
    private static void Report(IReadOnlyList<string> faults, WriteOptions options, Func<string, ApiException> refused)
    {
        if (faults.Count > 0 && options.FieldValidation == FieldValidation.Strict)
            throw refused($"strict decoding error: {string.Join(", ", faults)}");
        foreach (var fault in faults)
            options.Warn?.Invoke(fault);
    }
}
