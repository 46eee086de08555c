using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Subresources;

/// <summary>Serves <c>scale</c>: the replicas of any kind that has them as an <c>autoscaling/v1</c> Scale.</summary>
internal sealed class ScaleEndpoint(IObjectClient objects, ObjectBody bodies) : ISubresourceEndpoint
{
    /// <summary>The attempts at a write without a precondition. Conflicts are rare, and five in a row mean a client that should read
    /// again.</summary>
    private const int AttemptsMax = 5;

    /// <inheritdoc/>
    public SubresourceDeclaration Declaration { get; } = new()
    {
        Name = "scale",
        Serves = static definition => definition.Scale is not null,
        Verbs = [Verbs.Get, Verbs.Patch, Verbs.Update],
        Body = ("autoscaling", "v1", "Scale"),
    };

    /// <inheritdoc/>
    public Task HandleAsync(ApiRequest request) => request.Info.Verb switch
    {
        Verbs.Get => GetAsync(request),
        Verbs.Update => UpdateAsync(request),
        _ => PatchAsync(request),
    };

    private async Task GetAsync(ApiRequest request)
    {
        var obj = await objects.GetAsync(request.Definition, request.Info.Key, ReadQueries.ForGet(request.Options), request.Cancellation);
        await SendAsync(request, obj);
    }

    private async Task UpdateAsync(ApiRequest request)
    {
        var options = WriteQueries.ForWrite(request, "UpdateOptions");
        var wanted = await bodies.ReadModelAsync<V1Scale>(request) ?? throw ApiErrors.BadRequest("a Scale is required");
        await WriteAsync(request, options, _ => wanted);
    }

    private async Task PatchAsync(ApiRequest request)
    {
        if (PatchMediaTypes.IsApply(request.Http.Request.ContentType))
        {
            await ApplyAsync(request);
            return;
        }

        var type = PatchMediaTypes.Read(request.Http.Request.ContentType, request.ServedVersion);
        var options = WriteQueries.ForPatch(request, isApply: false);
        byte[] patch;
        using (var body = await bodies.ReadPlainJsonAsync(request))
            patch = body.Span.ToArray();
        await WriteAsync(request, options, current => ScaleObjects.Patch(ScaleObjects.Of(current), type, patch));
    }

    // A Scale is a view of its object: the owner of its replicas owns the object's replicas.
    private async Task ApplyAsync(ApiRequest request)
    {
        var options = WriteQueries.ForPatch(request, isApply: true);
        var (configuration, faults) = await bodies.ReadConfigurationAsync(request);
        var wanted = ScaleObjects.Read(configuration.Span);
        var current = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Latest, request.Cancellation);
        ScaleObjects.Validate(wanted, current);
        var (updated, _) = await objects.ApplyAsync(
            Scaled(request), ScaleObjects.ConfigurationFor(current, wanted), request.Options.Force ?? false,
            options with { YamlFaults = faults }, request.Cancellation);
        await SendAsync(request, updated);
    }

    private ObjectReference Scaled(ApiRequest request) => request.Reference with { Subresource = Declaration.Name, ServedVersion = request.Definition.Storage };

    private async Task WriteAsync(ApiRequest request, WriteOptions options, Func<StoredObject, V1Scale> wantedOf)
    {
        for (var attempt = 1; ; attempt++)
        {
            var current = await objects.GetAsync(request.Definition, request.Info.Key, Freshness.Latest, request.Cancellation);
            var wanted = wantedOf(current);
            ScaleObjects.Validate(wanted, current);
            // The decoded object has the version that was read, so that the write depends on it.
            var changed = current.Decode();
            request.Definition.Scale!.SetSpecReplicas(changed, wanted.Spec?.Replicas ?? 0);
            var asked = wanted.Metadata?.ResourceVersion;
            if (!string.IsNullOrEmpty(asked))
                changed.Metadata.ResourceVersion = asked;
            try
            {
                var (updated, _) = await objects.UpdateAsync(Scaled(request), changed, options, request.Cancellation);
                await SendAsync(request, updated);
                return;
            }
            catch (ApiException conflict) when (conflict.Reason == "Conflict" && string.IsNullOrEmpty(asked) && attempt < AttemptsMax)
            {
                // The client named no version, so that the newest one will do.
            }
        }
    }

    private static ValueTask SendAsync(ApiRequest request, StoredObject obj) => JsonResponse.SendAsync(
        request.Http, 200, ObjectCodec.Encode(ScaleObjects.Of(obj)), request.Format, request.Cancellation);
}
