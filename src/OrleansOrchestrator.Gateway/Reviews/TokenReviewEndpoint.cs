using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells whose a token is, by the authenticators that judge the requests that carry it.</summary>
internal sealed class TokenReviewEndpoint(ReviewBody bodies, AuthenticatorChain authenticators) : IReviewEndpoint
{
    /// <summary>What the tokens of this API are for, unless they say otherwise.</summary>
    private const string Audience = "https://kubernetes.default.svc.cluster.local";

    /// <inheritdoc/>
    public ComputedResource Resource => ComputedResource.TokenReviews;

    /// <inheritdoc/>
    public async Task HandleAsync(ApiRequest request)
    {
        var review = await bodies.ReadAsync<V1TokenReview>(request, Resource);
        if (string.IsNullOrEmpty(review.Spec?.Token))
            throw ApiErrors.BadRequest("token is required for TokenReview in authentication");

        var carrier = new DefaultHttpContext();
        carrier.Request.Headers.Authorization = $"Bearer {review.Spec.Token}";
        var outcome = await authenticators.TryAuthenticateAsync(carrier, request.Cancellation);
        review.Status = StatusOf(outcome, review.Spec.Audiences);
        await ReviewBody.SendAsync(request, Resource, review);
    }

    private static V1TokenReviewStatus StatusOf(AuthenticationOutcome outcome, IList<string>? audiences)
    {
        if (outcome.User is not { } user)
            return new V1TokenReviewStatus { User = new V1UserInfo(), Error = "the token is not valid" };
        if (audiences is { Count: > 0 } && !audiences.Contains(Audience))
            return new V1TokenReviewStatus { User = new V1UserInfo(), Error = $"token audiences [\"{Audience}\"] is invalid for the target audiences [{string.Join(", ", audiences.Select(one => $"\"{one}\""))}]" };
        return new V1TokenReviewStatus { Authenticated = true, User = UserModel.Of(user), Audiences = [Audience] };
    }
}
