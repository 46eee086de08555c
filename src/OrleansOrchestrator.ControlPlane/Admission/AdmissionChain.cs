using System.Text.Json;
using System.Text.Json.Nodes;
using k8s;
using OrleansOrchestrator.Documents.CustomResources;
using OrleansOrchestrator.Documents.Patching;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Admission;

/// <summary>Runs the admission plugins: the two stages of the write pipeline for the cluster's own rules.</summary>
internal sealed class AdmissionChain(IEnumerable<IAdmissionPlugin> plugins, TimeProvider time)
{
    private readonly IMutatingAdmission[] _mutating = [.. plugins.OfType<IMutatingAdmission>()];
    private readonly IValidatingAdmission[] _validating = [.. plugins.OfType<IValidatingAdmission>()];

    /// <summary>Lets all mutating plugins change a request.</summary>
    /// <exception cref="ApiException">A plugin refuses the request, or does not answer in time.</exception>
    public async ValueTask<AdmissionRequest> MutateAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        var isOwn = request.Operation != AdmissionOperation.Update;
        foreach (var plugin in _mutating)
        {
            if (!plugin.Handles(request))
                continue;

            // An update shares restored parts with the present object. A plugin that changes the object must not change those too.
            if (!isOwn && request.Object is { } shared)
                request = request with { Object = CustomObject.DecodeLike(shared, ObjectCodec.EncodeAny(shared)) };
            isOwn = true;
            request = plugin.HasSideEffects
                ? await MutateOnceAsync(plugin, request, memory, cancellationToken)
                : await CallAsync(plugin, token => plugin.MutateAsync(request, token), cancellationToken);
        }

        return request;
    }

    /// <summary>Lets all validating plugins check a request.</summary>
    /// <exception cref="ApiException">A plugin refuses the request, or does not answer in time.</exception>
    public async ValueTask ValidateAsync(AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        foreach (var plugin in _validating)
        {
            if (!plugin.Handles(request))
                continue;
            if (plugin.HasSideEffects)
                await ValidateOnceAsync(plugin, request, memory, cancellationToken);
            else
                await JudgeAsync(plugin, request, cancellationToken);
        }
    }

    /// <summary>Replaces a claim that another object holds.</summary>
    /// <returns>The request with another claim; null if no plugin chose the claim.</returns>
    public async ValueTask<AdmissionRequest?> ReplaceClaimAsync(AdmissionRequest request, string claim, CancellationToken cancellationToken)
    {
        foreach (var plugin in _mutating.OfType<IChoosingAdmission>())
        {
            if (await plugin.ReplaceClaimAsync(request, claim, cancellationToken) is { } replaced)
                return replaced;
        }

        return null;
    }

    private async ValueTask<AdmissionRequest> MutateOnceAsync(
        IMutatingAdmission plugin, AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        if (memory.ChangeOf(plugin) is { } known)
            return Changed(request, known);
        RefuseDryRun(plugin, request);
        var before = (JsonObject?)ToNode(request.Object);
        var mutated = await CallAsync(plugin, token => plugin.MutateAsync(request, token), cancellationToken);
        if (before is not null && ToNode(mutated.Object) is JsonObject after)
            memory.NoteChange(plugin, JsonMergePatch.Diff(before, after));
        return mutated;
    }

    private async ValueTask ValidateOnceAsync(
        IValidatingAdmission plugin, AdmissionRequest request, AdmissionMemory memory, CancellationToken cancellationToken)
    {
        var seen = request.Object is { } obj ? ObjectCodec.EncodeAny(obj) : [];
        if (memory.HasAdmitted(plugin, seen))
            return;
        RefuseDryRun(plugin, request);
        await JudgeAsync(plugin, request, cancellationToken);
        memory.NoteAdmitted(plugin, seen);
    }

    private ValueTask<bool> JudgeAsync(IValidatingAdmission plugin, AdmissionRequest request, CancellationToken cancellationToken)
    {
        return CallAsync(plugin, JudgedAsync, cancellationToken);

        async ValueTask<bool> JudgedAsync(CancellationToken token)
        {
            await plugin.ValidateAsync(request, token);
            return true;
        }
    }

    /// <summary>Calls a plugin, within its deadline if it has one.</summary>
    private async ValueTask<T> CallAsync<T>(IAdmissionPlugin plugin, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        if (plugin.Deadline is not { } within)
            return await call(cancellationToken);
        using var deadline = new CancellationTokenSource(within, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            // A plugin that ignores its cancellation is abandoned.
            return await call(either.Token).AsTask().WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ApiErrors.Internal($"admission plugin \"{plugin.Name}\" did not answer within {within.TotalSeconds:0.###} s");
        }
    }

    private static void RefuseDryRun(IAdmissionPlugin plugin, AdmissionRequest request)
    {
        if (request.IsDryRun)
            throw ApiErrors.BadRequest($"admission plugin \"{plugin.Name}\" does not support dry run");
    }

    private static AdmissionRequest Changed(AdmissionRequest request, JsonObject change)
    {
        if (request.Object is not { } obj || change.Count == 0)
            return request;
        var json = JsonMergePatch.Apply(ObjectCodec.EncodeAny(obj), JsonSerializer.SerializeToUtf8Bytes(change, ObjectCodec.Options));
        return request with { Object = CustomObject.DecodeLike(obj, json) };
    }

    private static JsonNode? ToNode(IKubernetesObject? obj) => obj is null ? null : JsonNode.Parse(ObjectCodec.EncodeAny(obj));
}
