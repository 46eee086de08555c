using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Grains;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Errors;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

public sealed class ComponentStatusTests(SharedSilo shared)
{
    [Fact]
    public async Task List_AllWorks_EverybodyIsHealthy()
    {
        var statuses = await shared.Api.ListAsync<V1ComponentStatus>("");

        statuses.Select(status => (status.Metadata.Name, status.Conditions.ShouldHaveSingleItem().Status))
            .ShouldBe([("controller-manager", "True"), ("scheduler", "True"), ("store", "True")]);
        statuses.ShouldAllBe(status => status.Conditions[0].Type == "Healthy" && status.Conditions[0].Message == "ok");
    }

    [Fact]
    public async Task Get_ThereIsNoSuchComponent_IsNotFound() =>
        (await Should.ThrowAsync<ApiException>(() => shared.Api.GetAsync<V1ComponentStatus>("", "etcd-0"))).Code.ShouldBe(404);

    [Fact]
    public async Task Get_DatabaseIsInTrouble_StoreIsUnhealthyAndSaysWhy()
    {
        var log = new ScriptedLog();
        await using var silo = await TestSilo.StartAsync(log);
        log.LastFault = "the database takes no writes";

        var store = await silo.Api.GetAsync<V1ComponentStatus>("", "store");
        var scheduler = await silo.Api.GetAsync<V1ComponentStatus>("", "scheduler");

        store.Conditions[0].Status.ShouldBe("False");
        store.Conditions[0].Error.ShouldBe("the database takes no writes");
        scheduler.Conditions[0].Status.ShouldBe("True");
    }

    [Fact]
    public async Task Check_ALoopHasEnded_SaysSoAndStartsAnew()
    {
        var grain = shared.Silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IBrittleGrain>(Guid.NewGuid().ToString());
        (await grain.CheckAsync()).ShouldBeNull();

        await grain.BreakAsync("out of luck");

        (await grain.CheckAsync()).ShouldBe("starts anew: out of luck");
        await Eventually.HoldsAsync(async () => await grain.CheckAsync() is null);
    }
}

/// <summary>A grain whose loop can be made to fail.</summary>
internal interface IBrittleGrain : ISingletonGrain
{
    Task BreakAsync(string why);
}

internal sealed class BrittleGrain : LoopingGrain, IBrittleGrain
{
    private readonly TaskCompletionSource _breaking = new();

    public Task BreakAsync(string why)
    {
        _breaking.SetException(new InvalidOperationException(why));
        return Task.CompletedTask;
    }

    protected override IEnumerable<Task> StartLoops() => [_breaking.Task.WaitAsync(Stopping)];
}
