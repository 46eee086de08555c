using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using OrleansOrchestrator.ControlPlane.GrainStates;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;

namespace OrleansOrchestrator.ControlPlane.Tests.GrainStates;

public sealed class SqliteGrainStorageTests(SharedSilo shared)
{
    [Fact]
    public async Task State_AfterARestartOfTheSilo_IsWhatWasWritten()
    {
        await using var file = new SqliteFile();
        await using (var first = await file.StartSiloAsync())
        {
            var grain = GrainOf(first, "counter/a");
            (await grain.AddAsync(0)).ShouldBe(0);
            await grain.AddAsync(2);
            await grain.AddAsync(3);
            await GrainOf(first, "counter/b").AddAsync(7);
        }

        await using var second = await file.StartSiloAsync();
        (await GrainOf(second, "counter/a").AddAsync(1)).ShouldBe(6);
        (await GrainOf(second, "counter/b").AddAsync(1)).ShouldBe(8);
        await GrainOf(second, "counter/a").ClearAsync();
        (await GrainOf(second, "counter/a").AddAsync(1)).ShouldBe(1);
    }

    [Fact]
    public async Task State_WrittenByTwoActivations_SecondIsRefused()
    {
        var storage = shared.Silo.Services.GetRequiredKeyedService<IGrainStorage>(GrainStateStorage.Provider);
        var id = GrainId.Create("counter", Guid.NewGuid().ToString("N") + "/race");
        var (first, second) = (new GrainState<CounterState>(new CounterState { Sum = 1 }), new GrainState<CounterState>(new CounterState { Sum = 2 }));

        await storage.WriteStateAsync("counter", id, first);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("counter", id, second));
        await storage.ReadStateAsync("counter", id, second);
        second.State!.Sum.ShouldBe(1);
        await storage.ClearStateAsync("counter", id, second);
        await Should.ThrowAsync<InconsistentStateException>(() => storage.WriteStateAsync("counter", id, first));
        await storage.ReadStateAsync("counter", id, first);
        (first.RecordExists, first.State!.Sum).ShouldBe((false, 0));
        await storage.WriteStateAsync("counter", id, first);
    }

    private static ICounterGrain GrainOf(TestSilo silo, string key) => silo.Services.GetRequiredService<IGrainFactory>().GetGrain<ICounterGrain>(key);
}

/// <summary>Remembers a sum.</summary>
internal interface ICounterGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int number);

    Task ClearAsync();
}

[GenerateSerializer]
internal sealed class CounterState
{
    [Id(0)]
    public int Sum { get; set; }
}

internal sealed class CounterGrain([PersistentState("test-counter", GrainStateStorage.Provider)] IPersistentState<CounterState> state) : Grain, ICounterGrain
{
    public async Task<int> AddAsync(int number)
    {
        state.State.Sum += number;
        if (number != 0)
            await state.WriteStateAsync();
        return state.State.Sum;
    }

    public Task ClearAsync() => state.ClearStateAsync();
}
