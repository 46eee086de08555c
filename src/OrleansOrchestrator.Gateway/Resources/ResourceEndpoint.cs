using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Definitions;
using OrleansOrchestrator.ControlPlane.Nodes;
using OrleansOrchestrator.ControlPlane.Objects;
using OrleansOrchestrator.Gateway.Negotiation;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Reviews;
using OrleansOrchestrator.Gateway.Watch;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.Gateway.Resources;

/// <summary>Chooses the handler of a resource request by its verb.</summary>
internal sealed class ResourceEndpoint(
    ObjectReads reads,
    ObjectWrites writes,
    ObjectDeletions deletions,
    WatchResponse watches,
    IObjectClient objects,
    ReviewEndpoints reviews,
    ResourceRoutes routes,
    INewestKinds newest,
    IEnumerable<ISubresourceEndpoint> subresources,
    INodeBeats? beats = null)
{
    private const string NodeLeaseNamespace = "kube-node-lease";

    private readonly FrozenDictionary<SubresourceDeclaration, ISubresourceEndpoint> _subresources =
        subresources.ToFrozenDictionary(endpoint => endpoint.Declaration);

    /// <summary>Serves a request.</summary>
    /// <exception cref="ApiException">Any error for the sender.</exception>
    public Task HandleAsync(ApiRequest request)
    {
        var info = request.Info;
        if (info.Definition is null)
            return reviews.Has(info) ? reviews.HandleAsync(request) : HandleUnknownAsync(request);
        CheckScope(info);
        CheckVerb(info);

        // Checks the accepted formats first: a write must not be followed by a 406. What a connection carries is not ours to write.
        if (info.Declaration is not { Connects: true })
            CheckView(request);
        if (request.ServedVersion.DeprecationWarning is { } warning)
            request.Warnings.Add(warning);
        if (beats is not null && info is { Namespace: NodeLeaseNamespace, Resource: "leases", IsReadOnly: false })
            ReportToDaemon(beats, request.Http.Response.Headers);
        return info.Declaration is { } declaration ? HandleSubresourceAsync(request, declaration) : HandleObjectAsync(request);
    }

    /// <summary>Gives a daemon the times and the beat with the answer to its renewal.</summary>
    private static void ReportToDaemon(INodeBeats beats, IHeaderDictionary headers)
    {
        headers[FencingTimes.Header] = beats.Times;
        if (beats.Newest is { } beat)
            headers[VoteReport.BeatHeader] = beat;
    }

    /// <summary>Another silo may have told the client of a new kind of which this silo does not know yet.</summary>
    private async Task HandleUnknownAsync(ApiRequest request)
    {
        var info = request.Info;
        if (await newest.FindNewestAsync(new ResourceName(info.Resource, info.Group), request.Cancellation) is null
            || routes.Find(ResourceRoutes.PrefixOf(info.Group, info.Version), info.Resource) is not { } route)
        {
            throw UnservedParts.Refuse(info);
        }

        var known = info with { ServedVersion = route.ServedVersion, Declaration = route.FindSubresource(info.Subresource) };
        await HandleAsync(new ApiRequest(request.Http, known, request.Options, request.User, request.Cancellation));
    }

    private Task HandleObjectAsync(ApiRequest request) => request.Info.Verb switch
    {
        Verbs.Get => reads.GetAsync(request),
        Verbs.List => reads.ListAsync(request),
        Verbs.Watch => watches.SendAsync(request),
        Verbs.Create => writes.CreateAsync(request),
        Verbs.Update => writes.UpdateAsync(request, ""),
        Verbs.Patch => writes.PatchAsync(request, ""),
        Verbs.Delete => deletions.DeleteAsync(request),
        Verbs.DeleteCollection => deletions.DeleteCollectionAsync(request),
        _ => throw ApiErrors.MethodNotAllowed(),
    };

    private async Task HandleSubresourceAsync(ApiRequest request, SubresourceDeclaration declaration)
    {
        if (declaration.Connects)
            await objects.AdmitAsync(ConnectOperations.Of(request, declaration), request.Cancellation);
        await _subresources[declaration].HandleAsync(request);
    }

    /// <summary>Refuses verbs that neither objects nor the subresource's declaration allow.</summary>
    private static void CheckVerb(RequestInfo info)
    {
        var isKnown = info switch
        {
            { Subresource: "" } => ObjectVerb.Find(info.Verb) is { } verb
                && (info.Name.Length > 0 ? verb.OnObject : verb.OnCollection)
                && (info.Definition!.IsStored || !verb.NeedsStore),
            { Declaration: { } declaration } when info.SubresourcePath.Trim('/').Length == 0 || declaration.TakesPath => declaration.Verbs.Contains(info.Verb),
            _ => throw UnservedParts.Refuse(info),
        };
        if (!isKnown)
            throw ApiErrors.MethodNotAllowed();
    }

    /// <summary>A list has no object metadata, and an object no list metadata.</summary>
    private static void CheckView(ApiRequest request)
    {
        var isList = request.Info.Verb is Verbs.List or Verbs.DeleteCollection;
        var type = $"*{request.ServedVersion.Version}.{(isList ? request.Definition.ListKind : request.Definition.Kind)}";
        switch (request.Format.View)
        {
            case ResponseView.PartialMetadata when isList:
                throw ApiErrors.NotAcceptableView($"you requested PartialObjectMetadata, but the requested object is a list ({type})");
            case ResponseView.PartialMetadataList when !isList && request.Info.Verb != Verbs.Watch:
                throw ApiErrors.NotAcceptableView($"you requested PartialObjectMetadataList, but the requested object is not a list ({type})");
        }
    }

    private static void CheckScope(RequestInfo info)
    {
        var definition = info.Definition!;
        var hasNamespace = info.Namespace.Length > 0;
        if (!definition.Namespaced)
        {
            // The path of a namespace looks like a scope: it was authorized as one, so that it must lead to that namespace only.
            if (hasNamespace && (definition.Plural != "namespaces" || info.Name != info.Namespace))
                throw ApiErrors.NoSuchPath();
        }
        else if (!hasNamespace && info.Verb is not (Verbs.List or Verbs.Watch))
        {
            throw info.Name.Length > 0 ? ApiErrors.NoSuchPath() : ApiErrors.MethodNotAllowed();
        }
    }
}
