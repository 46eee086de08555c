using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>Serves get and list.</summary>
internal sealed class ObjectReads(IObjectClient objects, ObjectResponse objectResponse, ListResponse listResponse)
{
    /// <summary>Answers with one object.</summary>
    public async Task GetAsync(ApiRequest request)
    {
        var obj = await objects.GetAsync(request.Definition, request.Info.Key, ReadQueries.ForGet(request.Options), request.Cancellation);
        await objectResponse.SendAsync(request, 200, obj);
    }

    /// <summary>Answers with a page of objects.</summary>
    public async Task ListAsync(ApiRequest request)
    {
        var page = await objects.ListAsync(request.Definition, ReadQueries.ForList(request.Info, request.Options), request.Cancellation);
        await listResponse.SendAsync(request, page);
    }
}
