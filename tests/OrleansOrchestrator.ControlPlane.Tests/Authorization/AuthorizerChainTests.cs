using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Authorization;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;

namespace OrleansOrchestrator.ControlPlane.Tests.Authorization;

public sealed class AuthorizerChainTests(SharedSilo shared)
{
    private static readonly AccessAttributes GetPods = new() { Verb = Verbs.Get, IsResource = true, Version = "v1", Resource = "pods", Namespace = "default" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", Verdict.NoOpinion, "")]
    [InlineData("say-nothing", Verdict.NoOpinion, "nobody knows")]
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
    public async Task Authorizer_OfTheControlPlane_LooksRulesUpInAnIndex()
    {
        // What role bindings will be: an object that names its subjects, found by the subject and not by a scan.
        var bindings = shared.Silo.Services.GetRequiredService<Informers>().Index(
            ApiUser.Of<V1RoleBinding>(),
            static stored => (stored.SharedModel<V1RoleBinding>().Subjects ?? []).Select(subject => KeyValuePair.Create((stored.Key.Namespace, subject.Name), stored.Key.Name)));
        var chain = new AuthorizerChain([new SystemAuthorizer(), new Bound(bindings)]);
        var space = await shared.Api.NewNamespaceAsync();
        var (jane, access) = (new UserInfo("jane", [WellKnownGroups.Authenticated]), GetPods with { Namespace = space });
        (await chain.DecideAsync(jane, access, Cancellation)).IsAllowed.ShouldBeFalse();

        await shared.Api.CreateAsync(new V1RoleBinding
        {
            Metadata = new V1ObjectMeta { Name = "readers", NamespaceProperty = space },
            Subjects = [new Rbacv1Subject { Kind = "User", Name = "jane", ApiGroup = "rbac.authorization.k8s.io" }],
            RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "Role", Name = "reader" },
        });
        (await chain.DecideAsync(jane, access, Cancellation)).ShouldBe(new AuthorizationDecision(Verdict.Allow, "by readers"));
        (await chain.DecideAsync(jane, GetPods, Cancellation)).IsAllowed.ShouldBeFalse();

        await shared.Api.DeleteAsync<V1RoleBinding>(space, "readers");
        (await chain.DecideAsync(jane, access, Cancellation)).IsAllowed.ShouldBeFalse();
    }

    [Fact]
    public async Task Chain_OfASilo_KnowsItsAuthorizers()
    {
        var chain = shared.Silo.Services.GetRequiredService<AuthorizerChain>();

        (await chain.DecideAsync(UserInfo.ControlPlane, GetPods, Cancellation)).IsAllowed.ShouldBeTrue();
        (await chain.DecideAsync(new UserInfo("jane", []), GetPods, Cancellation)).IsAllowed.ShouldBeFalse();
    }

    private sealed class Bound(ObjectIndex<(string Namespace, string Subject), string> bindings) : IAuthorizer
    {
        public async ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken)
        {
            await bindings.EnsureFreshAsync(Freshness.Latest, cancellationToken);
            return bindings.Find((access.Namespace, user.Name)) is [var binding, ..] ? new AuthorizationDecision(Verdict.Allow, $"by {binding}") : AuthorizationDecision.NoOpinion;
        }

        public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new AllowedActions([], []));
    }

    private sealed class Scripted(AuthorizationDecision decision) : IAuthorizer
    {
        public ValueTask<AuthorizationDecision> AuthorizeAsync(UserInfo user, AccessAttributes access, CancellationToken cancellationToken) =>
            ValueTask.FromResult(decision);

        public ValueTask<AllowedActions> ListAllowedAsync(UserInfo user, string @namespace, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new AllowedActions([], []));
    }
}
