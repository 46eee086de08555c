using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;

namespace OrleansOrchestrator.ControlPlane.Tests.Authorization;

public sealed class AuthorizerChainTests(SharedSilo shared)
{
    private static readonly AccessAttributes GetPods = new() { Verb = Verbs.Get, IsResource = true, Version = "v1", Resource = "pods", Namespace = "default" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", Verdict.NoOpinion, "")]
    [InlineData("say-nothing", Verdict.NoOpinion, "nobody knows")]
    [InlineData("say-nothing,say-nothing", Verdict.NoOpinion, "nobody knows\nnobody knows")]
    [InlineData("say-nothing,allow", Verdict.Allow, "known")]
    [InlineData("allow,deny", Verdict.Allow, "known")]
    [InlineData("deny,allow", Verdict.Deny, "barred")]
    public async Task Chain_AsksInOrder_UntilOneDecides(string authorizers, Verdict verdict, string reason)
    {
        var chain = new AuthorizerChain(authorizers.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(says => new Scripted(says switch
        {
            "allow" => new AuthorizationDecision(Verdict.Allow, "known"),
            "deny" => AuthorizationDecision.Denied("barred"),
            _ => new AuthorizationDecision(Verdict.NoOpinion, "nobody knows"),
        })));

        (await chain.DecideAsync(new UserInfo("jane", []), GetPods, Cancellation)).ShouldBe(new AuthorizationDecision(verdict, reason));
    }

    [Fact]
    public async Task Chain_OfASilo_KnowsItsAuthorizers()
    {
        var chain = shared.Silo.Services.GetRequiredService<AuthorizerChain>();

        (await chain.DecideAsync(UserInfo.ControlPlane, GetPods, Cancellation)).IsAllowed.ShouldBeTrue();
        (await chain.DecideAsync(new UserInfo("jane", []), GetPods, Cancellation)).IsAllowed.ShouldBeFalse();
    }

    private sealed class Scripted(AuthorizationDecision decision) : IAuthorizer
    {
        public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
            ValueTask.FromResult(decision);

        public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new AllowedActions([], []));
    }
}
