using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells whether a user may do something.</summary>
internal sealed class SubjectAccessReviewEndpoint(ReviewBody bodies, AccessAnswers answers) : IReviewEndpoint
{
    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.SubjectAccessReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1SubjectAccessReview>(request, Resource);
        var errors = new FieldErrors();
        AccessAnswers.Validate(review.Spec, errors);
        ReviewBody.ValidateMetadata(review.Metadata, errors);
        AccessAnswers.Require(errors, Resource);
        review.Status = await answers.AnswerAsync(
            AccessAnswers.SubjectOf(review.Spec), AccessAnswers.QuestionOf(review.Spec), request.Cancellation);
        await ReviewBody.SendAsync(request, Resource, review);
    }
}
