using System.Text.Json;
using System.Text.Json.Nodes;
using k8s.Models;
using OrleansOrchestrator.Controllers.Actions;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Controllers;

/// <summary>
/// Writes for one controller through the write pipeline that all writers use. Creations of one grain turn become one commit.
/// </summary>
internal sealed class ObjectWriter(ObjectClient objects, ResourceRegistry registry, WriteOptions options) : IObjectWriter
{
    // How often a scaling is tried while the object keeps changing in other respects.
    private const int ScaleAttemptsMax = 5;

    private readonly Lock _gate = new();
    private List<Creation> _creations = [];

    /// <inheritdoc/>
    public Task<WrittenObject> CreateAsync(ResourceName resource, KubeObject obj)
    {
        var creation = new Creation(resource, obj, new TaskCompletionSource<WrittenObject>(TaskCreationOptions.RunContinuationsAsynchronously));
        bool isFirst;
        lock (_gate)
        {
            _creations.Add(creation);
            isFirst = _creations.Count == 1;
        }

        if (isFirst)
            _ = CreateGatheredAsync();
        return creation.Written.Task;
    }

    /// <inheritdoc/>
    public async Task<WrittenObject> UpdateAsync(ResourceName resource, string subresource, KubeObject obj)
    {
        var key = new ObjectKey(obj.Metadata.NamespaceProperty ?? "", obj.Metadata.Name);
        var (written, _) = await objects.UpdateAsync(Reference(resource, key, subresource), obj, options, CancellationToken.None);
        return Written(written);
    }

    /// <inheritdoc/>
    public async Task<WrittenObject> PatchAsync(
        ResourceName resource, ObjectKey key, string subresource, PatchFormat format, ReadOnlyMemory<byte> patch)
    {
        var reference = Reference(resource, key, subresource);
        if (format == PatchFormat.Apply)
            return Written((await objects.ApplyAsync(reference, patch, force: true, options with { Tracking = FieldTracking.Full }, CancellationToken.None)).Object);
        var type = format == PatchFormat.Merge ? PatchType.MergePatch : PatchType.StrategicMergePatch;
        return Written(await objects.PatchAsync(reference, type, patch, options, CancellationToken.None));
    }

    /// <inheritdoc/>
    public Task<WrittenObject?> DeleteAsync(DeleteObject deletion)
    {
        var definition = registry[deletion.Resource];
        var asked = new DeletionOptions
        {
            Uid = deletion.Uid,
            ResourceVersion = deletion.ResourceVersion,
            GracePeriodSeconds = deletion.GracePeriodSeconds,
            Disruption = deletion.Disruption,
            FailsPod = deletion.FailsPod,
            // The control plane's deletions include dependents, whatever the kind's default for clients.
            Propagation = deletion.Propagation ?? (definition.DefaultPropagation == DeletionPropagation.Background ? null : DeletionPropagation.Background),
        };
        return UnlessGoneAsync(async () =>
            Written((await objects.DeleteAsync(new ObjectReference(definition, deletion.Key), asked, options, CancellationToken.None)).Object));
    }

    /// <inheritdoc/>
    public async Task<WrittenObject> BindAsync(ObjectKey pod, string uid, string nodeName)
    {
        await objects.BindAsync(pod, uid, nodeName, options, CancellationToken.None);
        return new WrittenObject(pod, null);
    }

    /// <inheritdoc/>
    public Task<WrittenObject?> EvictAsync(ObjectKey pod, string uid, long? gracePeriodSeconds) => UnlessGoneAsync(async () =>
    {
        var eviction = new V1Eviction { Metadata = new V1ObjectMeta { NamespaceProperty = pod.Namespace, Name = pod.Name } };
        var deletion = new DeletionOptions { Uid = uid, GracePeriodSeconds = gracePeriodSeconds };
        await objects.EvictAsync(pod, eviction, deletion, options, CancellationToken.None);
        return new WrittenObject(pod, null);
    });

    /// <inheritdoc/>
    public async Task<WrittenObject> ScaleAsync(ScaleObject scaling)
    {
        var definition = registry[scaling.Resource];
        if (definition.Scale is not { } scale)
            throw ApiErrors.NoSuchPath();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ScaleAsync(scaling, scale);
            }
            catch (ApiException conflict) when (conflict.Code == 409 && attempt < ScaleAttemptsMax)
            {
                // The object may have changed in other respects only.
                var newest = (await objects.GetAsync(definition, scaling.Key, Freshness.Latest, CancellationToken.None)).SharedModel();
                if (newest.Metadata.Uid != scaling.Uid || scale.GetSpecReplicas(newest) != scaling.From)
                    throw;
                scaling = scaling with { ResourceVersion = newest.Metadata.ResourceVersion };
            }
        }
    }

    private Task<WrittenObject> ScaleAsync(ScaleObject scaling, ScaleAccess scale)
    {
        JsonNode patch = scaling.Replicas;
        foreach (var step in scale.SpecReplicasPath.Split('.').Reverse())
            patch = new JsonObject { [step] = patch };
        patch["metadata"] = new JsonObject { ["uid"] = scaling.Uid, ["resourceVersion"] = scaling.ResourceVersion };
        return PatchAsync(scaling.Resource, scaling.Key, scaling.Subresource, PatchFormat.Merge, JsonSerializer.SerializeToUtf8Bytes(patch, ObjectCodec.Options));
    }

    private static WrittenObject Written(StoredObject obj) => new(obj.Key, obj.Revision);

    private static async Task<WrittenObject?> UnlessGoneAsync(Func<Task<WrittenObject>> write)
    {
        try
        {
            return await write();
        }
        catch (ApiException gone) when (gone.Code == 404 || (gone.Code == 409 && gone.Message.Contains(ObjectClient.UidMismatch, StringComparison.Ordinal)))
        {
            return null;
        }
    }

    private ObjectReference Reference(ResourceName resource, ObjectKey key, string subresource) => new(registry[resource], key, subresource);

    /// <summary>Creates all objects requested in the same turn.</summary>
    private async Task CreateGatheredAsync()
    {
        await Task.Yield();
        List<Creation> gathered;
        lock (_gate)
        {
            gathered = _creations;
            _creations = [];
        }

        foreach (var ofResource in gathered.GroupBy(creation => creation.Resource))
            await CreateAsync(ofResource.Key, [.. ofResource]);
    }

    private async Task CreateAsync(ResourceName resource, List<Creation> creations)
    {
        try
        {
            var outcomes = await objects.CreateManyAsync(registry[resource], [.. creations.Select(creation => creation.Object)], options);
            for (var i = 0; i < outcomes.Length; i++)
            {
                if (outcomes[i].Refused is { } refused)
                    creations[i].Written.SetException(refused);
                else
                    creations[i].Written.SetResult(Written(outcomes[i].Object!));
            }
        }
        catch (Exception fault)
        {
            foreach (var creation in creations)
                creation.Written.TrySetException(fault);
        }
    }

    private sealed record Creation(ResourceName Resource, KubeObject Object, TaskCompletionSource<WrittenObject> Written);
}
