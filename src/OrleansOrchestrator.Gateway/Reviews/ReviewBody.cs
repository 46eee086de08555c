using k8s;
using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Gateway.Responses;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Reads reviews and sends them back answered.</summary>
internal sealed class ReviewBody(ObjectBody bodies)
{
    /// <summary>Reads a review.</summary>
    /// <exception cref="ApiException">400: missing, malformed or of another kind; 422: invalid option.</exception>
    public async ValueTask<T> ReadAsync<T>(ApiRequest request, ComputedResource resource)
        where T : class, IKubernetesObject
    {
        _ = WriteQueries.ForWrite(request, "CreateOptions");
        var review = await bodies.ReadModelAsync<T>(request) ?? throw ApiErrors.BadRequest($"a {resource.Kind} is required");
        if (!string.IsNullOrEmpty(review.ApiVersion) && review.ApiVersion != resource.ApiVersion)
        {
            throw ApiErrors.BadRequest(
                $"the API version in the data ({review.ApiVersion}) does not match the expected API version ({resource.ApiVersion})");
        }

        if (!string.IsNullOrEmpty(review.Kind) && review.Kind != resource.Kind)
            throw ApiErrors.BadRequest($"the kind in the data ({review.Kind}) does not match the expected kind ({resource.Kind})");
        return review;
    }

    /// <summary>Sends an answered review.</summary>
    public static async Task SendAsync<T>(ApiRequest request, ComputedResource resource, T review)
        where T : class, IKubernetesObject
    {
        review.ApiVersion = resource.ApiVersion;
        review.Kind = resource.Kind;
        await JsonResponse.SendAsync(request.Http, 201, ObjectCodec.Encode(review), request.Format, request.Cancellation);
    }

    /// <summary>A review is no object: it has no name, and its metadata has no meaning.</summary>
    public static void ValidateMetadata(V1ObjectMeta? metadata, FieldErrors errors)
    {
        if (metadata is null)
            return;
        metadata.ManagedFields = null;
        if (ObjectCodec.Encode(metadata) is not [(byte)'{', (byte)'}'])
            errors.Invalid(FieldPath.Metadata, metadata, "must be empty");
    }
}
