using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Lists what senders may do in a namespace, for <c>kubectl auth can-i --list</c>.</summary>
internal sealed class SelfSubjectRulesReviewEndpoint(ReviewBody bodies, AuthorizerChain authorizers) : IReviewEndpoint
{
    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.SelfSubjectRulesReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1SelfSubjectRulesReview>(request, Resource);
        if (string.IsNullOrEmpty(review.Spec?.NamespaceProperty))
            throw ApiErrors.BadRequest("no namespace on request");
        var allowed = await authorizers.ListAllowedAsync(request.User, review.Spec.NamespaceProperty, request.Cancellation);
        review.Status = new V1SubjectRulesReviewStatus
        {
            ResourceRules = [.. allowed.Resources],
            NonResourceRules = [.. allowed.Paths],
            Incomplete = allowed.WhyIncomplete.Length > 0,
            EvaluationError = (allowed.WhyIncomplete, allowed.Fault) switch
            {
                ("", "") => null,
                ("", var fault) => fault,
                (var why, "") => why,
                var (why, fault) => $"{why}; {fault}",
            },
        };
        await ReviewBody.SendAsync(request, Resource, review);
    }
}
