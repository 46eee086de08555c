using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells senders who they are, for <c>kubectl auth whoami</c>.</summary>
internal sealed class SelfSubjectReviewEndpoint(ReviewBody bodies) : IReviewEndpoint
{
    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.SelfSubjectReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1SelfSubjectReview>(request, Resource);
        review.Status = new V1SelfSubjectReviewStatus { UserInfo = UserModel.Of(request.User) };
        await ReviewBody.SendAsync(request, Resource, review);
    }
}
