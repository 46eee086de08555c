using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Admission;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Admission;

public sealed class ResourceQuotaTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Pods_AHundredAtOnceAgainstAQuotaOfTen_TenAreCreated()
    {
        await QuotaAsync("pods=10");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => TryCreateAsync(PodSamples.Pod(_space, $"p{i}"))));

        outcomes.Count(refusal => refusal is null).ShouldBe(10);
        (await Api.ListAsync<V1Pod>(_space)).Count.ShouldBe(10);
        var refusals = outcomes.OfType<ApiException>().ToList();
        refusals.ShouldAllBe(refusal => refusal.Code == 403 && refusal.Reason == "Forbidden");
        refusals.ShouldAllBe(refusal => refusal.Message.EndsWith("is forbidden: exceeded quota: q, requested: pods=1, used: pods=10, limited: pods=10", StringComparison.Ordinal));
        await UsedAsync("pods", "10");

        // What goes makes room.
        await Task.WhenAll((await Api.ListAsync<V1Pod>(_space)).Take(3).Select(pod => Api.DeleteAsync<V1Pod>(_space, pod.Metadata.Name)));
        await UsedAsync("pods", "7");
        outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => TryCreateAsync(PodSamples.Pod(_space, $"again-{i}"))));
        outcomes.Count(refusal => refusal is null).ShouldBe(3);
    }

    [Fact]
    public async Task Pod_Resized_TakesOfTheQuotaWhatItAsksForAndHas()
    {
        await QuotaAsync("requests.cpu=1");
        await Api.CreateAsync(PodSamples.Pod(_space, "a", cpu: "400m"));
        await Api.CreateAsync(PodSamples.Pod(_space, "b", cpu: "400m"));

        var refusal = await Should.ThrowAsync<ApiException>(ResizeAsync("700m"));
        (refusal.Code, refusal.Message).ShouldBe((403, "pods \"a\" is forbidden: exceeded quota: q, requested: requests.cpu=300m, used: requests.cpu=800m, limited: requests.cpu=1"));
        await ResizeAsync("600m");
        await UsedAsync("requests.cpu", "1");

        // Its node has granted that; less is asked for now, and counts when its node has taken the rest back.
        await StatusAsync("600m");
        await ResizeAsync("100m");
        (await TryCreateAsync(PodSamples.Pod(_space, "c", cpu: "100m")))!.Code.ShouldBe(403);
        await StatusAsync("100m");
        await UsedAsync("requests.cpu", "500m");
        (await TryCreateAsync(PodSamples.Pod(_space, "c", cpu: "500m"))).ShouldBeNull();

        Task<V1Pod> ResizeAsync(string cpu) => Api.PatchAsync<V1Pod>(
            _space, "a", PatchType.StrategicMergePatch, """{"spec":{"containers":[{"name":"c","resources":{"requests":{"cpu":"$"}}}]}}""".Replace("$", cpu, StringComparison.Ordinal), "resize");
        Task<V1Pod> StatusAsync(string cpu) => Api.PatchAsync<V1Pod>(
            _space, "a", PatchType.MergePatch,
            """{"status":{"containerStatuses":[{"name":"c","image":"i","imageID":"","ready":true,"restartCount":0,"allocatedResources":{"cpu":"$"},"resources":{"requests":{"cpu":"$"}}}]}}"""
                .Replace("$", cpu, StringComparison.Ordinal), "status");
    }

    [Fact]
    public async Task Pods_OfAController_AreCreatedAsFarAsTheQuotaGoes()
    {
        await QuotaAsync("count/pods=2");

        await Api.CreateAsync(PodSamples.Controller(_space, "web", replicas: 5));

        await UsedAsync("count/pods", "2");
        (await Api.ListAsync<V1Pod>(_space)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Pod_ThatHasEnded_MakesRoom()
    {
        await QuotaAsync("pods=1,cpu=1");
        var pod = await Api.CreateAsync(PodSamples.Pod(_space, "a", cpu: "1"));
        (await TryCreateAsync(PodSamples.Pod(_space, "b", cpu: "1")))!.Message
            .ShouldEndWith("exceeded quota: q, requested: cpu=1,pods=1, used: cpu=1,pods=1, limited: cpu=1,pods=1");

        // The scheduler may have written since then.
        pod.Metadata.ResourceVersion = null;
        pod.Status = new V1PodStatus { Phase = "Succeeded" };
        await Api.UpdateAsync(pod, "status");

        (await TryCreateAsync(PodSamples.Pod(_space, "b", cpu: "1"))).ShouldBeNull();
        await UsedAsync("cpu", "1");
    }

    [Fact]
    public async Task Pod_ThatDoesNotSayWhatTheQuotaCounts_IsRefused()
    {
        await QuotaAsync("limits.cpu=4,requests.cpu=4");

        (await TryCreateAsync(PodSamples.Pod(_space, "p", cpu: "1")))!.Message
            .ShouldBe("pods \"p\" is forbidden: failed quota: q: must specify limits.cpu for: c");
    }

    [Fact]
    public async Task Pod_ThatIsGivenADeadline_MustFitIntoTheQuotaOfSuchPods()
    {
        await QuotaAsync("pods=1", "Terminating");
        await Api.CreateAsync(PodSamples.Pod(_space, "a"));
        await Api.CreateAsync(PodSamples.Pod(_space, "b"));

        await GiveDeadlineAsync("a", 600);

        (await Should.ThrowAsync<ApiException>(GiveDeadlineAsync("b", 600))).Message
            .ShouldBe("pods \"b\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
        await GiveDeadlineAsync("a", 300);
        await UsedAsync("pods", "1");

        Task GiveDeadlineAsync(string name, int seconds) =>
            Api.PatchAsync<V1Pod>(_space, name, PatchType.MergePatch, $$"""{"spec":{"activeDeadlineSeconds":{{seconds}} } }""");
    }

    [Fact]
    public async Task Request_ThatIsJudgedAgainWhenItsQuotasAreGone_KeepsToNone()
    {
        var first = new AdmissionRequest
        {
            Operation = AdmissionOperation.Create,
            ServedVersion = Samples.Pods.Storage,
            Key = new ObjectKey(_space, "p"),
            Object = PodSamples.Pod(_space, "p"),
            Options = ApiUser.Options,
            Quotas = [new QuotaLimit("gone", ObjectCodec.Encode(new V1ResourceQuotaSpec()))],
        };

        var second = await shared.Silo.Services.GetRequiredService<ResourceQuotaAdmission>().LimitAsync(first, TestContext.Current.CancellationToken);

        second.Quotas.ShouldBeEmpty();
    }

    [Fact]
    public async Task Quota_AcknowledgedAfterAWriteWasAdmitted_CountsForItToo()
    {
        var pods = shared.Silo.StoreGrain("pods");
        var quotaless = new ObjectWrite(WriteType.Create, _space, "late", ObjectCodec.Encode(PodSamples.Pod(_space, "late")), 0, []);
        await QuotaAsync("pods=0");

        var refused = (await pods.CommitAsync([quotaless])).ShouldHaveSingleItem();

        (refused.Status, refused.Detail).ShouldBe((CommitStatus.QuotaExceeded, "exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"));
        await Api.DeleteAsync<V1ResourceQuota>(_space, "q");
        var told = quotaless with { Quotas = [new QuotaLimit("q", ObjectCodec.Encode(new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("0") } }))] };
        (await pods.CommitAsync([told])).ShouldHaveSingleItem().Status.ShouldBe(CommitStatus.Committed, "what it was told of is gone");
    }

    [Fact]
    public async Task Quota_AcknowledgedAfterAnUpdateWasAdmitted_CountsForItToo()
    {
        var before = await Api.CreateAsync(PodSamples.Service(_space, "a"));
        var after = ObjectCodec.Clone(before);
        after.Spec.Type = "LoadBalancer";
        var admission = shared.Silo.Services.GetRequiredService<ResourceQuotaAdmission>();
        var admitted = await admission.LimitAsync(
            new AdmissionRequest
            {
                Operation = AdmissionOperation.Update,
                ServedVersion = shared.Registry[WellKnownResources.Services].Storage,
                Key = new ObjectKey(_space, "a"),
                Object = after,
                OldObject = before,
                Options = ApiUser.Options,
            },
            TestContext.Current.CancellationToken);
        await QuotaAsync("services.loadbalancers=0");

        after.Metadata.ResourceVersion = null;
        var late = new ObjectWrite(
            WriteType.Replace, _space, "a", ObjectCodec.Encode(after), long.Parse(before.Metadata.ResourceVersion, CultureInfo.InvariantCulture), [], Quotas: admitted.Quotas);
        var refused = (await shared.Silo.StoreGrain("services").CommitAsync([late])).ShouldHaveSingleItem();

        (refused.Status, refused.Detail).ShouldBe(
            (CommitStatus.QuotaExceeded, "exceeded quota: q, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0"));
    }

    [Fact]
    public async Task Service_ThatChangesItsType_TakesMore()
    {
        await QuotaAsync("services.nodeports=1,services=5");
        await Api.CreateAsync(PodSamples.Service(_space, "a", "NodePort"));
        await Api.CreateAsync(PodSamples.Service(_space, "b"));

        var patch = Api.PatchAsync<V1Service>(_space, "b", PatchType.MergePatch, """{"spec":{"type":"NodePort"}}""");

        (await Should.ThrowAsync<ApiException>(patch)).Message
            .ShouldEndWith("exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1");
        await UsedAsync("services", "2");
        await Api.PatchAsync<V1Service>(_space, "b", PatchType.MergePatch, """{"metadata":{"labels":{"a":"b"}}}""");
    }

    [Fact]
    public async Task Objects_OfAKindThatIsOnlyCounted_AreCountedAndLimited()
    {
        await QuotaAsync("count/leases.coordination.k8s.io=1");
        await Api.CreateAsync(Lease("a"));

        (await TryCreateAsync(Lease("b")))!.Message.ShouldEndWith(
            "exceeded quota: q, requested: count/leases.coordination.k8s.io=1, used: count/leases.coordination.k8s.io=1, limited: count/leases.coordination.k8s.io=1");
        await UsedAsync("count/leases.coordination.k8s.io", "1");
        await Api.DeleteAsync<V1Lease>(_space, "a");
        await UsedAsync("count/leases.coordination.k8s.io", "0");
    }

    [Fact]
    public async Task DryRun_BeyondTheQuota_IsRefusedAndWithinItTakesNothing()
    {
        await QuotaAsync("pods=1");
        var dry = ApiUser.Options with { DryRun = true };

        await Api.CreateAsync(PodSamples.Pod(_space, "a"), dry);
        await Api.CreateAsync(PodSamples.Pod(_space, "a"));

        (await TryCreateAsync(PodSamples.Pod(_space, "b"), dry))!.Message.ShouldEndWith("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1");
    }

    [Fact]
    public async Task Quota_ThatIsChangedOrGone_CountsAtOnce()
    {
        await QuotaAsync("pods=1");
        await Api.CreateAsync(PodSamples.Pod(_space, "a"));

        await Api.PatchAsync<V1ResourceQuota>(_space, "q", PatchType.MergePatch, """{"spec":{"hard":{"pods":"2"}}}""");
        (await TryCreateAsync(PodSamples.Pod(_space, "b"))).ShouldBeNull();
        (await TryCreateAsync(PodSamples.Pod(_space, "c")))!.Code.ShouldBe(403);
        await Api.DeleteAsync<V1ResourceQuota>(_space, "q");
        (await TryCreateAsync(PodSamples.Pod(_space, "c"))).ShouldBeNull();
    }

    [Fact]
    public async Task Status_ThatSomebodySpoils_IsRepaired()
    {
        await QuotaAsync("configmaps=9");
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "a" } });
        await UsedAsync("configmaps", "1");
        var quota = await Api.GetAsync<V1ResourceQuota>(_space, "q");
        quota.Status.Used["configmaps"] = new ResourceQuantity("5");

        await Api.UpdateAsync(quota, "status");

        await UsedAsync("configmaps", "1");
    }

    private async Task QuotaAsync(string hard, params string[] scopes) => await Api.CreateAsync(new V1ResourceQuota
    {
        Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = "q" },
        Spec = new V1ResourceQuotaSpec
        {
            Hard = hard.Split(',').Select(pair => pair.Split('=')).ToDictionary(pair => pair[0], pair => new ResourceQuantity(pair[1])),
            Scopes = scopes.Length > 0 ? scopes : null,
        },
    });

    private async Task<ApiException?> TryCreateAsync<T>(T obj, WriteOptions? options = null)
        where T : class, KubeObject
    {
        try
        {
            await Api.CreateAsync(obj, options);
            return null;
        }
        catch (ApiException refused)
        {
            return refused;
        }
    }

    private Task UsedAsync(string name, string amount) => Eventually.IsAsync(
        async () => (await Api.GetAsync<V1ResourceQuota>(_space, "q")).Status?.Used is { } used && used.TryGetValue(name, out var value) ? Quantity.From(value).ToString() : null,
        amount);

    private V1Lease Lease(string name) => new() { Metadata = new V1ObjectMeta { NamespaceProperty = _space, Name = name }, Spec = new V1LeaseSpec() };
}
