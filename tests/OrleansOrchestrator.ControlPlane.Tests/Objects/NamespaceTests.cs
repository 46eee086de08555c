using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Objects;

public sealed class NamespaceTests(SharedSilo shared)
{
    private ApiUser Api => shared.Api;

    [Fact]
    public async Task Create_InANamespaceThatDoesNotExist_IsNotFound() =>
        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(Map("no-such-namespace", "a")))).Code.ShouldBe(404);

    [Fact]
    public async Task Create_RightAfterTheNamespace_Succeeds()
    {
        for (var i = 0; i < 20; i++)
            await Api.CreateAsync(Map(await Api.NewNamespaceAsync(), "a"));
    }

    [Fact]
    public async Task ANamespaceBeingDeleted_TakesNothingNew_AndGoesWhenItIsEmpty()
    {
        var space = await Api.NewNamespaceAsync();
        var held = Map(space, "held");
        held.Metadata.Finalizers = ["example.com/hold"];
        await Api.CreateAsync(held);
        await Api.CreateAsync(Map(space, "free"));
        await Api.CreateAsync(PodSamples.Controller(space, "web", 3));
        await Api.UntilAsync<V1Pod>(space, pods => pods.Count == 3);

        (await Api.DeleteAsync<V1Namespace>("", space)).IsGone.ShouldBeFalse();
        (await Api.GetAsync<V1Namespace>("", space)).Status.Phase.ShouldBe("Terminating");
        var refused = await Should.ThrowAsync<ApiException>(Api.CreateAsync(Map(space, "late")));
        refused.Code.ShouldBe(403);
        refused.Status.Details.Causes.ShouldHaveSingleItem().Reason.ShouldBe("NamespaceTerminating");

        await Api.UntilAsync<V1Pod>(space, pods => pods.Count == 0);
        await Api.UntilAsync<V1ConfigMap>(space, maps => maps.Count == 1);
        (await Api.FindAsync<V1Namespace>("", space)).ShouldNotBeNull("something is still in it");

        await Api.PatchAsync<V1ConfigMap>(space, "held", PatchType.MergePatch, """{"metadata":{"finalizers":null}}""");
        await Api.UntilAsync<V1Namespace>("", spaces => spaces.TrueForAll(found => found.Metadata.Name != space));
    }

    [Fact]
    public async Task Namespace_Namespace_GetsItsDefaultServiceAccount()
    {
        var space = await Api.NewNamespaceAsync();
        await Api.UntilAsync<V1ServiceAccount>(space, accounts => accounts is [{ Metadata.Name: "default" }]);
    }

    [Theory]
    [InlineData("default")]
    [InlineData("kube-system")]
    [InlineData("kube-public")]
    public async Task Namespace_TheSystemsNamespaces_AreNotDeleted(string name) =>
        (await Should.ThrowAsync<ApiException>(Api.DeleteAsync<V1Namespace>("", name))).Code.ShouldBe(403);

    private static V1ConfigMap Map(string space, string name) => new() { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = space } };
}
