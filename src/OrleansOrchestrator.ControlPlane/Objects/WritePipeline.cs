using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Metadata;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.ControlPlane.Objects;

/// <summary>
/// The stages of every change between its body and the store, each a function from the request to the request: default → own fields →
/// mutating admission → validate → validating admission → limit. Apart from look-ups of admission they read and write nothing, and hold nothing
/// while they wait. docs/writes.md describes the stages.
/// </summary>
internal sealed class WritePipeline(AdmissionChain admission, ResourceQuotaAdmission quotas, TimeProvider time)
{
    /// <summary>Runs a new or changed object through all stages.</summary>
    /// <exception cref="ApiException">The error of the stage that refuses; also 409 if the object has an outdated
    /// resourceVersion.</exception>
    public async ValueTask<AdmissionRequest> AdmitAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        using var activity = Start(request);
        request = Own(Default(request));
        activity?.AddEvent(new ActivityEvent("defaulted"));
        request = ScaleView.Leave(await admission.MutateAsync(ScaleView.Enter(request), memory, cancellationToken), request);
        activity?.AddEvent(new ActivityEvent("mutated"));
        return await JudgeAsync(request, memory, activity, cancellationToken);
    }

    /// <summary>Runs admission for a request without an object of the kind: a deletion, a binding, an eviction, a token, a
    /// connection.</summary>
    public async ValueTask<AdmissionRequest> AdmitPlainAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        using var activity = Start(request);
        request = await admission.MutateAsync(request, memory, cancellationToken);
        activity?.AddEvent(new ActivityEvent("mutated"));
        await admission.ValidateAsync(request, memory, cancellationToken);
        return request;
    }

    /// <summary>Replaces a claim that the store reports as held by another object, and validates the result.</summary>
    /// <returns>The request with another claim; null if the sender named the claim, so that it cannot be replaced.</returns>
    public async ValueTask<AdmissionRequest?> ChooseAgainAsync(
        AdmissionRequest request, string claim, AdmissionMemory memory, CancellationToken cancellationToken) =>
        await admission.ReplaceClaimAsync(request, claim, cancellationToken) is { } replaced
            ? await JudgeAsync(replaced, memory, cancellationToken)
            : null;

    /// <summary>The last stages: validation, validating admission, and the quotas that the write must keep to.</summary>
    public async ValueTask<AdmissionRequest> JudgeAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        using var activity = Start(request);
        return await JudgeAsync(request, memory, activity, cancellationToken);
    }

    /// <summary>The writer as managed fields name it.</summary>
    public FieldWriter WriterOf(WriteOptions options, string subresource) =>
        new(options.FieldManager, subresource, ObjectMetaRules.TruncateToSeconds(time.GetUtcNow()));

    /// <summary>Starts the activity of a request's stages. The last event of a refused request is the stage before the refusal.</summary>
    private static Activity? Start(AdmissionRequest request) => ControlPlaneActivities.StartChild(ControlPlaneActivities.Admit)?
        .SetTag("operation", request.Operation.ToString())
        .SetTag("resource", request.Definition.Name.ToString())
        .SetTag("subresource", request.Subresource);

    private async ValueTask<AdmissionRequest> JudgeAsync(
        AdmissionRequest request, AdmissionMemory memory, Activity? activity, CancellationToken cancellationToken)
    {
        Validate(request);
        activity?.AddEvent(new ActivityEvent("validated"));
        await admission.ValidateAsync(ScaleView.Enter(request), memory, cancellationToken);
        return await quotas.LimitAsync(request, cancellationToken);
    }

    /// <summary>Fills in defaults and server-owned fields, and restores what the sender cannot change.</summary>
    private AdmissionRequest Default(AdmissionRequest request)
    {
        var (definition, obj) = (request.Definition, request.Written);
        if (request.Operation == AdmissionOperation.Create)
        {
            ObjectMetaRules.PrepareForCreate(definition, obj, request.Key.Namespace, time.GetUtcNow());
            DropDuplicateOwners(obj, request.Options);
            definition.PrepareForCreate(obj);
            definition.ApplyDefaults(obj);
            return request with { Key = new ObjectKey(request.Key.Namespace, obj.Metadata.Name ?? "") };
        }

        CheckRevision(definition, obj, request.Current!);
        var current = request.Current!.SharedModel();
        ObjectMetaRules.PrepareForUpdate(definition, obj, current, request.Key.Namespace);
        DropDuplicateOwners(obj, request.Options);
        definition.ApplyDefaults(obj);
        RestoreAllBut(request.Subresource, definition, obj, current);
        return request;
    }

    /// <summary>Records the sender as owner of the fields that it changes. Later stages' changes have no owner.</summary>
    private AdmissionRequest Own(AdmissionRequest request)
    {
        var (obj, tracking, writer) = (request.Written, request.Options.Tracking, WriterOf(request.Options, request.Subresource));
        if (tracking == FieldTracking.Settled)
            return request;
        if (request.Operation == AdmissionOperation.Update)
            OwnershipTracking.OnUpdate(request.ServedVersion, obj, request.Current!, writer);
        else if (tracking == FieldTracking.Full)
            OwnershipTracking.OnCreate(request.ServedVersion, obj, writer);
        else
            obj.Metadata.ManagedFields = null;
        return request;
    }

    /// <summary>Refuses an object with all its faults, or warns of oddities in one without.</summary>
    private static void Validate(AdmissionRequest request)
    {
        var (definition, obj) = (request.Definition, request.Written);
        var errors = new FieldErrors();
        if (request.Operation == AdmissionOperation.Create)
        {
            ObjectMetaValidation.Validate(definition, obj.Metadata, errors);
            ObjectMetaValidation.ValidateNew(definition, obj.Metadata, errors);
            request.ServedVersion.Validate(obj, errors);
        }
        else
        {
            var current = request.Current!.SharedModel();
            ObjectMetaValidation.ValidateUpdate(definition, obj.Metadata, current.Metadata, errors);
            ValidatePart(request, obj, current, errors);
        }

        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(definition, obj.Metadata.Name, errors.All);

        // Machines write statuses and other subresources, so that nobody would read the warnings.
        if (request.Options.Warn is not { } warn || request.Subresource.Length > 0)
            return;
        foreach (var warning in definition.WarningsOf(obj, request.OldObject))
            warn(warning);
    }

    private static void RestoreAllBut(string subresource, ResourceDefinition definition, KubeObject updated, KubeObject current)
    {
        switch (subresource)
        {
            case "":
            case ScaleView.Subresource when definition.Scale is not null:
                definition.PrepareForUpdate(updated, current);
                break;
            case "status" when definition.HasStatus:
                definition.PrepareForStatusUpdate(updated, current);
                break;
            case "finalize" when definition.Name == WellKnownResources.Namespaces:
                NamespaceFinalization.Prepare(updated, current);
                break;
            default:
                if (!definition.TryPrepareForPartUpdate(subresource, updated, current))
                    throw ApiErrors.NoSuchPath();
                break;
        }
    }

    private static void ValidatePart(AdmissionRequest request, KubeObject updated, KubeObject current, FieldErrors errors)
    {
        switch (request.Subresource)
        {
            case "" or "finalize":
                request.ServedVersion.ValidateUpdate(updated, current, errors);
                break;
            case "status":
                request.Definition.ValidateStatusUpdate(updated, current, errors);
                break;
            default:
                request.Definition.ValidatePartUpdate(request.Subresource, updated, current, errors);
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

    private static void DropDuplicateOwners(KubeObject obj, WriteOptions options)
    {
        if (ObjectMetaRules.DropDuplicateOwners(obj.Metadata) is { Count: > 0 } duplicates)
        {
            options.Warn?.Invoke(
                ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests "
                + $"as early as 1.24; please fix your requests; duplicate UID(s) observed: {string.Join(", ", duplicates)}");
        }
    }
}
