using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Watch;

public sealed class ObjectIndexTests(SharedSilo shared) : IAsyncLifetime
{
    private string _space = null!;

    private ApiUser Api => shared.Api;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _space = await Api.NewNamespaceAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Index_OfObjectsThatComeChangeAndGo_FollowsThem()
    {
        await Api.CreateAsync(Samples.MapModel(_space, "before", "red,blue"));
        var index = IndexOfValues();
        (await FindAsync(index, "red")).ShouldBe(["before"]);

        await Api.CreateAsync(Samples.MapModel(_space, "after", "red"));
        (await FindAsync(index, "red")).ShouldBe(["after", "before"]);
        await Api.PatchAsync<V1ConfigMap>(_space, "before", PatchType.MergePatch, """{"data":{"value":"green"}}""");
        (await FindAsync(index, "red")).ShouldBe(["after"]);
        (await FindAsync(index, "blue")).ShouldBeEmpty();
        (await FindAsync(index, "green")).ShouldBe(["before"]);
        await Api.DeleteAsync<V1ConfigMap>(_space, "after");
        (await FindAsync(index, "red")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Index_OfAnObjectThatCannotBeRead_HasAllOthers()
    {
        var index = IndexOfValues();
        await Api.CreateAsync(Samples.MapModel(_space, "bad", "throw"));
        await Api.CreateAsync(Samples.MapModel(_space, "good", "red"));

        (await FindAsync(index, "red")).ShouldBe(["good"]);
        await Api.PatchAsync<V1ConfigMap>(_space, "bad", PatchType.MergePatch, """{"data":{"value":"red"}}""");
        (await FindAsync(index, "red")).ShouldBe(["bad", "good"]);
    }

    [Fact]
    public async Task Index_WhileManyWrite_IsNeverBehindTheReadsThatItAnswers()
    {
        var index = IndexOfValues();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await Api.CreateAsync(Samples.MapModel(_space, $"m{i}", $"v{i}-0"));
            for (var step = 1; step < 10; step++)
            {
                await Api.PatchAsync<V1ConfigMap>(_space, $"m{i}", PatchType.MergePatch, $$$"""{"data":{"value":"v{{{i}}}-{{{step}}}"}}""");
                (await FindAsync(index, $"v{i}-{step}")).ShouldBe([$"m{i}"]);
                (await FindAsync(index, $"v{i}-{step - 1}")).ShouldBeEmpty();
            }
        }));
    }

    private ObjectIndex<string, string> IndexOfValues() => shared.Silo.Services.GetRequiredService<Informers>().Index(ApiUser.Of<V1ConfigMap>(), EntriesOf);

    private IEnumerable<KeyValuePair<string, string>> EntriesOf(StoredObject obj)
    {
        if (obj.Key.Namespace != _space || obj.SharedModel<V1ConfigMap>().Data?.TryGetValue("value", out var value) != true)
            return [];
        return value == "throw"
            ? throw new InvalidOperationException("unreadable")
            : value!.Split(',').Select(part => KeyValuePair.Create(part, obj.Key.Name));
    }

    private static async Task<List<string>> FindAsync(ObjectIndex<string, string> index, string key)
    {
        await index.EnsureFreshAsync(Freshness.Latest, Cancellation);
        return [.. index.Find(key).Order()];
    }
}
