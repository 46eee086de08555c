using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Documents.FieldManagement;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Objects;

internal sealed partial class ObjectClient
{
    public async Task<(StoredObject Object, bool Created)> ApplyAsync(
        ObjectReference reference, ReadOnlyMemory<byte> configuration, bool force, WriteOptions options, CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        var version = reference.ServedVersion;
        var wanted = ApplyConfiguration.Read(version, configuration.Span);
        BodyDecoding.CheckDuplicates(options);
        if (wanted.Name is not null && wanted.Name != key.Name)
            throw ApiErrors.BadRequest($"the name of the object ({wanted.Name}) does not match the name on the URL ({key.Name})");

        return (await writes.RunAsync(definition, key, options, TryAsync, cancellationToken))!.Value;

        async Task<(StoredObject Object, bool Created)?> TryAsync(WriteTry attempt)
        {
            var stored = attempt.Version;
            var applied = Apply(stored);
            var settled = options with { Tracking = FieldTracking.Settled, FieldValidation = FieldValidation.Ignore };
            var obj = BodyDecoding.Decode(version, applied.Json.Span, settled);
            applied.Complete(obj);
            if (stored is not null)
                return await TryReplaceAsync(ChangeOf(reference, obj, stored, settled), attempt.Memory, cancellationToken) is { } updated ? (updated, false) : null;
            return await TryCreateAppliedAsync(reference, obj, wanted, settled, attempt.Memory, cancellationToken) is { } created ? (created, true) : null;
        }

        AppliedObject Apply(StoredObject? stored)
        {
            try
            {
                return ServerSideApply.Apply(
                    version, stored is null ? (ReadOnlyMemory<byte>?)null : version.JsonOf(stored), wanted, pipeline.WriterOf(options, subresource), force);
            }
            catch (Exception malformed) when (BodyDecoding.IsMalformed(malformed))
            {
                // Managers that use several versions need the object converted before it is read.
                throw BodyDecoding.Malformed(version, malformed, configuration.Span);
            }
        }
    }

    /// <summary>Creates an object by apply if it does not exist.</summary>
    /// <returns>The object; null if another writer has just created it.</returns>
    private async Task<StoredObject?> TryCreateAppliedAsync(
        ObjectReference reference, KubeObject obj, ApplyConfiguration wanted, WriteOptions options, AdmissionMemory memory,
        CancellationToken cancellationToken)
    {
        var (definition, key, subresource) = reference;
        if (subresource.Length > 0)
            throw ApiErrors.NotFound(definition.Name, key.Name);
        if (wanted.Uid is { } uid)
        {
            throw ApiErrors.Conflict(
                definition.Name, key.Name, $"uid mismatch: the provided object specified uid {uid}, and no existing object was found");
        }

        if (wanted.Name is null)
            throw ApiErrors.BadRequest("the name of the object (based on URL) was undeterminable: name must be provided");
        // A resourceVersion protects an existing state. An object that does not exist has none to protect.
        obj.Metadata.ResourceVersion = null;
        if (options.RequireCreate is { } require)
            await require(cancellationToken);
        try
        {
            return await CreateAsync(CreationOf(reference.ServedVersion, key.Namespace, obj, options), memory, cancellationToken);
        }
        catch (ApiException raced) when (raced.Reason == "AlreadyExists" && !options.DryRun)
        {
            return null;
        }
    }
}
