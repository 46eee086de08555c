using k8s.Models;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.Kinds.Core.Quotas;
using OrleansOrchestrator.Model.Errors;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

public sealed class LimitRangeTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Pod_WithoutLimits_GetsThoseOfItsNamespaceAtOnce()
    {
        await RangeAsync(new V1LimitRangeItem { Type = "Container", DefaultProperty = Amounts("cpu", "1"), DefaultRequest = Amounts("cpu", "500m") });

        var pod = await Api.CreateAsync(PodSamples.Pod(_space, "p"));

        var resources = pod.Spec.Containers[0].Resources;
        (resources.Requests["cpu"].ToString(), resources.Limits["cpu"].ToString()).ShouldBe(("500m", "1"));
        pod.Metadata.Annotations[LimitRangeEnforcement.Annotation].ShouldBe("LimitRanger plugin set: cpu request for container c; cpu limit for container c");
        pod.Status.QosClass.ShouldBe("Burstable");
    }

    [Fact]
    public async Task Pod_OutsideOfTheLimits_IsRefused_AndAPresentOneMayBeChanged()
    {
        await Api.CreateAsync(PodSamples.Pod(_space, "before", cpu: "50m"));
        await RangeAsync(new V1LimitRangeItem { Type = "Container", Min = Amounts("cpu", "100m") });

        var refusal = await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Pod(_space, "p", cpu: "50m")));
        (refusal.Code, refusal.Message).ShouldBe((403, "pods \"p\" is forbidden: minimum cpu usage per Container is 100m, but request is 50m"));
        await Api.PatchAsync<V1Pod>(_space, "before", PatchType.MergePatch, """{"metadata":{"labels":{"a":"b"}}}""");

        (await Should.ThrowAsync<ApiException>(ResizeAsync("60m"))).Message.ShouldBe("pods \"before\" is forbidden: minimum cpu usage per Container is 100m, but request is 60m");
        (await ResizeAsync("100m")).Spec.Containers[0].Resources.Requests["cpu"].ToString().ShouldBe("100m");

        Task<V1Pod> ResizeAsync(string cpu) => Api.PatchAsync<V1Pod>(
            _space, "before", PatchType.StrategicMergePatch, """{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"$"}}}]}}""".Replace("$", cpu, StringComparison.Ordinal), "resize");
    }

    [Fact]
    public async Task Pod_OfANamespaceWithAQuota_IsCountedWithItsDefaults()
    {
        await RangeAsync(new V1LimitRangeItem { Type = "Container", DefaultProperty = Amounts("cpu", "1") });
        await Api.CreateAsync(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "q" },
            Spec = new V1ResourceQuotaSpec { Hard = Amounts("limits.cpu", "1") },
        });

        await Api.CreateAsync(PodSamples.Pod(_space, "a"));

        (await Should.ThrowAsync<ApiException>(Api.CreateAsync(PodSamples.Pod(_space, "b")))).Message
            .ShouldEndWith("exceeded quota: q, requested: limits.cpu=1, used: limits.cpu=1, limited: limits.cpu=1");
    }

    private async Task RangeAsync(V1LimitRangeItem item) => await Api.CreateAsync(new V1LimitRange
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "r" },
        Spec = new V1LimitRangeSpec { Limits = [item] },
    });

    private static Dictionary<string, ResourceQuantity> Amounts(string name, string amount) => new() { [name] = new ResourceQuantity(amount) };
}
