using k8s.Models;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Answers reviews of permissions with the authorizers that decide about requests.</summary>
internal sealed class AccessAnswers(AuthorizerChain authorizers)
{
    /// <summary>Answers a question about a user.</summary>
    public async ValueTask<V1SubjectAccessReviewStatus> AnswerAsync(UserInfo user, AccessQuestion question, CancellationToken cancellationToken)
    {
        var decision = await authorizers.DecideAsync(user, question.ToAttributes(), cancellationToken);
        return new V1SubjectAccessReviewStatus
        {
            Allowed = decision.IsAllowed,
            Denied = decision.Verdict == Verdict.Deny ? true : null,
            Reason = decision.Reason.Length == 0 ? null : decision.Reason,
        };
    }

    /// <summary>Validates the subject and the action of a review.</summary>
    public static void Validate(V1SubjectAccessReviewSpec? spec, FieldErrors errors)
    {
        QuestionOf(spec).Validate(errors);
        if (string.IsNullOrEmpty(spec?.User) && spec?.Groups is not { Count: > 0 })
            errors.Invalid(FieldPath.Spec.Child("user"), spec?.User ?? "", "at least one of user or group must be specified");
    }

    /// <summary>The action that a review asks about.</summary>
    public static AccessQuestion QuestionOf(V1SubjectAccessReviewSpec? spec) => new(spec?.ResourceAttributes, spec?.NonResourceAttributes);

    /// <summary>The subject of a review.</summary>
    public static UserInfo SubjectOf(V1SubjectAccessReviewSpec spec) =>
        new(spec.User ?? "", spec.Groups is null ? [] : [.. spec.Groups], spec.Uid);

    /// <summary>Refuses an invalid review.</summary>
    /// <exception cref="ApiException">422: the review is invalid.</exception>
    public static void Require(FieldErrors errors, ComputedResource resource)
    {
        if (!errors.IsEmpty)
            throw ApiErrors.Invalid(resource.Group, resource.Kind, "", errors.All);
    }
}
