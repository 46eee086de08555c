using k8s.Models;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells whether a user may do something in the namespace of the request. Administrators of a single namespace can be allowed
/// to use it.</summary>
internal sealed class LocalSubjectAccessReviewEndpoint(ReviewBody bodies, AccessAnswers answers) : IReviewEndpoint
{
    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.LocalSubjectAccessReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1LocalSubjectAccessReview>(request, Resource);
        review.Metadata ??= new V1ObjectMeta();
        var @namespace = request.Info.Namespace;
        if (string.IsNullOrEmpty(review.Metadata.NamespaceProperty))
            review.Metadata.NamespaceProperty = @namespace;
        if (review.Metadata.NamespaceProperty != @namespace)
            throw ApiErrors.BadRequest("the namespace of the provided object does not match the namespace sent on the request");

        Validate(review, @namespace);
        review.Status = await answers.AnswerAsync(
            AccessAnswers.SubjectOf(review.Spec), AccessAnswers.QuestionOf(review.Spec), request.Cancellation);
        await ReviewBody.SendAsync(request, Resource, review);
    }

    private void Validate(V1LocalSubjectAccessReview review, string @namespace)
    {
        var errors = new FieldErrors();
        AccessAnswers.Validate(review.Spec, errors);
        review.Metadata.NamespaceProperty = null;
        ReviewBody.ValidateMetadata(review.Metadata, errors);
        review.Metadata.NamespaceProperty = @namespace;
        if (review.Spec?.ResourceAttributes is { } resource && (resource.NamespaceProperty ?? "") != @namespace)
            errors.Invalid(FieldPath.Spec.Child("resourceAttributes").Child("namespace"), resource.NamespaceProperty ?? "", "must match metadata.namespace");
        if (review.Spec?.NonResourceAttributes is { } path)
            errors.Invalid(FieldPath.Spec.Child("nonResourceAttributes"), path, "disallowed on this kind of request");
        AccessAnswers.Require(errors, Resource);
    }
}
