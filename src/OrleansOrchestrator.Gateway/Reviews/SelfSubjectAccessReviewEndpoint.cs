using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells senders whether they may do something, for <c>kubectl auth can-i</c>.</summary>
internal sealed class SelfSubjectAccessReviewEndpoint(ReviewBody bodies, AccessAnswers answers) : IReviewEndpoint
{
    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.SelfSubjectAccessReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1SelfSubjectAccessReview>(request, Resource);
        var question = new AccessQuestion(review.Spec?.ResourceAttributes, review.Spec?.NonResourceAttributes);
        var errors = new FieldErrors();
        question.Validate(errors);
        ReviewBody.ValidateMetadata(review.Metadata, errors);
        AccessAnswers.Require(errors, Resource);
        review.Status = await answers.AnswerAsync(request.User, question, request.Cancellation);
        await ReviewBody.SendAsync(request, Resource, review);
    }
}
