using System.Globalization;
using System.Text.Json;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.FieldManagement;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>
/// What every write goes through between a decoded object and the store: prepare → default → admit → validate → encode.
/// Nothing is read or written on the way but what admission rules look up.
/// </summary>
internal sealed class WritePipeline(IEnumerable<IAdmissionPlugin> plugins, TimeProvider time)
{
    private readonly IAdmissionPlugin[] _plugins = [.. plugins];

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

    /// <summary>Whoever writes, as managed fields name him.</summary>
    public FieldWriter WriterOf(WriteOptions options, string subresource) =>
        new(options.FieldManager, subresource, ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()));

    /// <summary>Looks for fields that an applied configuration gives twice; those it should not give are refused in any case.</summary>
    /// <exception cref="ApiException">400: there are some, and they are refused.</exception>
    public static void CheckDuplicates(WriteOptions options)
    {
        if (options is { FieldValidation: FieldValidation.Strict, YamlFaults.Count: > 0 })
            throw ApiErrors.BadRequest($"error strict decoding patch: error converting YAML to JSON: {YamlText(options.YamlFaults)}");
        if (options.FieldValidation != FieldValidation.Ignore)
            Report(options.YamlFaults, options, ApiErrors.BadRequest);
    }

    /// <summary>Makes a new object ready to be stored.</summary>
    public async ValueTask<AdmissionRequest> PrepareCreateAsync(
        ResourceForm form, string requestNamespace, KubeObject obj, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = form.Definition;
        ObjectMetaRules.PrepareForCreate(definition, obj, requestNamespace, time.GetUtcNow());
        DropDuplicateOwners(obj, options);
        definition.PrepareForCreate(obj);
        definition.ApplyDefaults(obj);
        if (options.Tracking == FieldTracking.Full)
            OwnershipTracking.OnCreate(form, obj, WriterOf(options, ""));
        else if (options.Tracking == FieldTracking.Existing)
            obj.Metadata.ManagedFields = null;
        var request = new AdmissionRequest(
            AdmissionOperation.Create, definition, new ObjectKey(requestNamespace, obj.Metadata.Name ?? ""), "", obj, null, options);
        await AdmitAsync(request, cancellationToken);

        var errors = new FieldErrors();
        ObjectMetaValidation.Validate(definition, obj.Metadata, errors);
        ObjectMetaValidation.ValidateNew(definition, obj.Metadata, errors);
        form.Validate(obj, errors);
        ThrowIfAny(definition, obj, errors);
        Warn(request);
        return request;
    }

    /// <summary>Makes a changed object ready to be stored.</summary>
    /// <exception cref="ApiException">Also 409 if the object carries a resourceVersion that is not the present one.</exception>
    public async ValueTask<AdmissionRequest> PrepareUpdateAsync(
        ObjectReference reference, KubeObject updated, StoredObject stored, WriteOptions options, CancellationToken cancellationToken)
    {
        var definition = reference.Definition;
        CheckRevision(definition, updated, stored);
        var current = definition.Decode(stored.Json.Span);
        ObjectMetaRules.PrepareForUpdate(definition, updated, current, reference.Key.Namespace);
        DropDuplicateOwners(updated, options);
        definition.ApplyDefaults(updated);
        PrepareSubresource(reference, updated, current);
        if (options.Tracking != FieldTracking.Settled)
            OwnershipTracking.OnUpdate(reference.Form, updated, definition.Storage.JsonOf(stored), current.Metadata.ManagedFields, WriterOf(options, reference.Subresource));
        var request = new AdmissionRequest(
            AdmissionOperation.Update, definition, reference.Key, reference.Subresource, updated, current, options);
        await AdmitAsync(request, cancellationToken);

        var errors = new FieldErrors();
        ObjectMetaValidation.ValidateUpdate(definition, updated.Metadata, current.Metadata, errors);
        ValidateSubresource(reference, updated, current, errors);
        ThrowIfAny(definition, updated, errors);
        Warn(request);
        return request;
    }

    /// <summary>Asks all rules whether a deletion may go on.</summary>
    public ValueTask AdmitDeleteAsync(
        ObjectReference reference, KubeObject current, WriteOptions options, CancellationToken cancellationToken) =>
        AdmitAsync(
            new AdmissionRequest(AdmissionOperation.Delete, reference.Definition, reference.Key, reference.Subresource, current, current, options),
            cancellationToken);

    /// <summary>Lets the rule that chose a claim choose another one.</summary>
    /// <returns>Whether the write may be tried again.</returns>
    public bool TryReplaceClaim(AdmissionRequest request, string claim) => _plugins.Any(plugin => plugin.TryReplaceClaim(request, claim));

    private static void PrepareSubresource(ObjectReference reference, KubeObject updated, KubeObject current)
    {
        switch (reference.Subresource)
        {
            case "":
            case "scale" when reference.Definition.Scale is not null:
                reference.Definition.PrepareForUpdate(updated, current);
                break;
            case "status" when reference.Definition.HasStatus:
                reference.Definition.PrepareForStatusUpdate(updated, current);
                break;
            case "finalize" when reference.Definition.Name == WellKnownResources.Namespaces:
                NamespaceFinalization.Prepare(updated, current);
                break;
            default:
                if (!reference.Definition.TryPrepareForPartUpdate(reference.Subresource, updated, current))
                    throw ApiErrors.NoSuchPath();
                break;
        }
    }

    private static void ValidateSubresource(ObjectReference reference, KubeObject updated, KubeObject current, FieldErrors errors)
    {
        switch (reference.Subresource)
        {
            case "" or "finalize":
                reference.Form.ValidateUpdate(updated, current, errors);
                break;
            case "status":
                reference.Definition.ValidateStatusUpdate(updated, current, errors);
                break;
            default:
                reference.Definition.ValidatePartUpdate(reference.Subresource, updated, current, errors);
                break;
        }
    }

    private static void CheckRevision(ResourceDefinition definition, KubeObject updated, StoredObject stored)
    {
        var given = updated.Metadata?.ResourceVersion;
        if (string.IsNullOrEmpty(given))
            return;
        if (!long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var revision))
        {
            var errors = new FieldErrors();
            errors.Invalid(FieldPath.Metadata.Child("resourceVersion"), given, "must be a number as the server gave it");
            throw ApiErrors.Invalid(definition, stored.Key.Name, errors.All);
        }

        if (revision != 0 && revision != stored.Revision)
            throw ApiErrors.Modified(definition.Name, stored.Key.Name);
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

    private static void DropDuplicateOwners(KubeObject obj, WriteOptions options)
    {
        if (ObjectMetaRules.DropDuplicateOwners(obj.Metadata) is { Count: > 0 } duplicates)
        {
            options.Warn?.Invoke(
                ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests "
                + $"as early as 1.24; please fix your requests; duplicate UID(s) observed: {string.Join(", ", duplicates)}");
        }
    }

    /// <summary>Tells the sender what is odd about an object that is accepted. Statuses and other parts are written by machines.</summary>
    private static void Warn(AdmissionRequest request)
    {
        if (request.Options.Warn is not { } warn || request.Subresource.Length > 0)
            return;
        foreach (var warning in request.Definition.WarningsOf(request.Object, request.Current))
            warn(warning);
    }

    private static void ThrowIfAny(ResourceDefinition definition, KubeObject obj, FieldErrors errors)
    {
        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(definition, obj.Metadata.Name, errors.All);
    }

    private async ValueTask AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        foreach (var plugin in _plugins)
            await plugin.AdmitAsync(request, cancellationToken);
    }
}
