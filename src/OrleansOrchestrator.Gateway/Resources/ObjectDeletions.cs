using k8s.Models;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>Serves delete and deletecollection.</summary>
internal sealed class ObjectDeletions(IObjectClient objects, ObjectBody bodies, ObjectResponse objectResponse, ListResponse listResponse)
{
    /// <summary>Deletes an object. Answers with the object while it exists, and with a success when it is gone.</summary>
    public async Task DeleteAsync(ApiRequest request)
    {
        var body = await bodies.ReadModelAsync<V1DeleteOptions>(request);
        var (deletion, options) = WriteQueries.ForDelete(request, body);
        WarnOfDefault(request, deletion);
        var result = await objects.DeleteAsync(request.Reference, deletion, options, request.Cancellation);
        if (result.IsGone && !request.Definition.DeletionAnswersWithObject)
        {
            await StatusResponse.SendAsync(request.Http, StatusResponse.Success(details: DetailsOf(result.Object)), request.Cancellation);
            return;
        }

        var isForeground = deletion.Propagation == DeletionPropagation.Foreground;
        await objectResponse.SendAsync(request, !result.IsGone && isForeground ? 202 : 200, result.Object);
    }

    /// <summary>Deletes all selected objects and answers with them.</summary>
    public async Task DeleteCollectionAsync(ApiRequest request)
    {
        var query = ReadQueries.ForList(request.Info, request.Options);
        var body = await bodies.ReadModelAsync<V1DeleteOptions>(request);
        var (deletion, options) = WriteQueries.ForDelete(request, body);
        WarnOfDefault(request, deletion);
        var deleted = await objects.DeleteCollectionAsync(request.Definition, query, deletion, options, request.Cancellation);
        await listResponse.SendAsync(request, deleted);
    }

    private static void WarnOfDefault(ApiRequest request, DeletionOptions deletion)
    {
        if (deletion.Propagation is null && request.Definition.DefaultPropagationWarning is { } warning)
            request.Warnings.Add(warning);
    }

    private static V1StatusDetails DetailsOf(StoredObject obj) => new()
    {
        Name = obj.Key.Name,
        Group = obj.Definition.Group,
        Kind = obj.Definition.Plural,
        Uid = obj.Uid,
    };
}
