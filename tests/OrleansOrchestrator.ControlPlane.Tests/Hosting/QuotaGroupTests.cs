using k8s.Models;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Objects;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Model.Quantities;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>A quota holds whatever silo is asked, and also while the one moves that counts.</summary>
public sealed class QuotaGroupTests
{
    [Fact]
    public async Task Quota_CreatorsAtAllSilosWhileTheStoreMoves_IsNeverExceeded()
    {
        await using var group = await SiloGroup.StartAsync();
        var apis = group.Silos.Select(SiloGroup.ApiOf).ToList();
        var space = await apis[0].NewNamespaceAsync();
        var host = await group.HostOfAsync(SiloGroup.Grain<IResourceStoreGrain>(group.Silos[0], "pods").GetGrainId());
        var others = group.Silos.Where(silo => silo != host).Select(SiloGroup.ApiOf).ToList();

        // Known everywhere as soon as it is created.
        await others[0].CreateAsync(new V1ResourceQuota
        {
            Metadata = new V1ObjectMeta { NamespaceProperty = space, Name = "q" },
            Spec = new V1ResourceQuotaSpec { Hard = new Dictionary<string, ResourceQuantity> { ["pods"] = new("10") } },
        });
        var first = await CreateManyAsync(apis, space, "first", 10);
        var moving = group.StopAsync(host);
        var second = await CreateManyAsync(others, space, "second", 60);
        await moving;

        (first + second).ShouldBe(10);
        (await others[0].ListAsync<V1Pod>(space)).Count.ShouldBe(10);
        await Eventually.IsAsync(async () => Quantity.From((await others[0].GetAsync<V1ResourceQuota>(space, "q")).Status?.Used?["pods"]).Value, 10);
    }

    /// <summary>Creates pods at once, at each silo in turn.</summary>
    /// <returns>How many were created.</returns>
    private static async Task<int> CreateManyAsync(IReadOnlyList<ApiUser> apis, string space, string prefix, int count)
    {
        var created = await Task.WhenAll(Enumerable.Range(0, count).Select(async i =>
        {
            try
            {
                await apis[i % apis.Count].CreateAsync(PodSamples.Pod(space, $"{prefix}-{i}"));
                return true;
            }
            catch (ApiException refused) when (refused.Code == 403)
            {
                return false;
            }
        }));
        return created.Count(isCreated => isCreated);
    }
}
