using k8s.Models;
using Microsoft.AspNetCore.Http;
using OrleansOrchestrator.Gateway.Authentication;
using OrleansOrchestrator.Gateway.Discovery;
using OrleansOrchestrator.Gateway.Requests;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.Gateway.Reviews;

/// <summary>Tells who a token belongs to, using the authenticators of requests.</summary>
internal sealed class TokenReviewEndpoint(ReviewBody bodies, AuthenticatorChain authenticators) : IReviewEndpoint
{
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
        if (review.Spec.Audiences is { Count: > 0 } asked)
            TokenAudiences.Want(carrier, [.. asked]);
        var outcome = await authenticators.TryAuthenticateAsync(carrier, request.Cancellation);
        review.Status = StatusOf(outcome, TokenAudiences.Wanted(carrier));
        await ReviewBody.SendAsync(request, Resource, review);
    }

    private static V1TokenReviewStatus StatusOf(AuthenticationOutcome outcome, IReadOnlyList<string> wanted)
    {
        if (outcome.User is not { } user)
            return Refused("the token is not valid");

        // Credentials without an audience are for this API.
        var audiences = outcome.Audiences ?? [.. wanted.Where(audience => audience == TokenAudiences.Api)];
        return audiences.Count == 0
            ? Refused($"token audiences [\"{TokenAudiences.Api}\"] is invalid for the target audiences [{string.Join(", ", wanted.Select(one => $"\"{one}\""))}]")
            : new V1TokenReviewStatus { Authenticated = true, User = UserModel.Of(user), Audiences = [.. audiences] };
    }

    private static V1TokenReviewStatus Refused(string error) => new() { User = new V1UserInfo(), Error = error };
}
