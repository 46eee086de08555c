using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Authorization;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>Serves create, update and patch of objects and of their parts with a subresource.</summary>
internal sealed class ObjectWrites(IObjectClient objects, ObjectBody bodies, ObjectResponse response, AuthorizerChain authorizers)
{
    /// <summary>Creates an object and answers with it.</summary>
    public async Task CreateAsync(ApiRequest request)
    {
        var options = WriteQueries.ForWrite(request, "CreateOptions");
        var obj = await DecodeAsync(request, options);
        var created = await objects.CreateAsync(request.ServedVersion, request.Info.Key.Namespace, obj, options, request.Cancellation);
        await response.SendAsync(request, 201, created);
    }

    /// <summary>Replaces an object, or a part of it, and answers with it.</summary>
    public async Task UpdateAsync(ApiRequest request, string subresource)
    {
        var options = WithCreation(request, WriteQueries.ForWrite(request, "UpdateOptions"));
        var obj = await DecodeAsync(request, options);
        var (updated, isNew) = await objects.UpdateAsync(
            request.Reference with { Subresource = subresource }, obj, options, request.Cancellation);
        await response.SendAsync(request, isNew ? 201 : 200, updated);
    }

    /// <summary>Patches an object, or a part of it, and answers with it.</summary>
    public async Task PatchAsync(ApiRequest request, string subresource)
    {
        if (PatchMediaTypes.IsApply(request.Http.Request.ContentType))
        {
            await ApplyAsync(request, subresource);
            return;
        }

        var type = PatchMediaTypes.Read(request.Http.Request.ContentType, request.ServedVersion);
        var options = WriteQueries.ForPatch(request, isApply: false);
        StoredObject patched;
        using (var body = await bodies.ReadPlainJsonAsync(request))
        {
            // The store may read the patch after a cancelled wait, so that it must not be in a pooled buffer.
            patched = await objects.PatchAsync(
                request.Reference with { Subresource = subresource }, type, body.Span.ToArray(), options, request.Cancellation);
        }

        await response.SendAsync(request, 200, patched);
    }

    private async Task ApplyAsync(ApiRequest request, string subresource)
    {
        var options = WithCreation(request, WriteQueries.ForPatch(request, isApply: true));
        var (configuration, faults) = await bodies.ReadConfigurationAsync(request);
        var (applied, isNew) = await objects.ApplyAsync(
            request.Reference with { Subresource = subresource }, configuration, request.Options.Force ?? false,
            options with { YamlFaults = faults }, request.Cancellation);
        await response.SendAsync(request, isNew ? 201 : 200, applied);
    }

    /// <summary>Lets a write that creates its object ask whether the sender may do that, too.</summary>
    private WriteOptions WithCreation(ApiRequest request, WriteOptions options) => options with
    {
        RequireCreate = token => authorizers.RequireAsync(request.User, request.Info with { Verb = Verbs.Create }, token),
    };

    private async ValueTask<KubeObject> DecodeAsync(ApiRequest request, WriteOptions options)
    {
        using var body = await bodies.ReadJsonAsync(request);
        return objects.Decode(request.ServedVersion, body.Span, options with { YamlFaults = body.YamlFaults });
    }
}
