namespace OrleansOrchestrator.Storage.Tests.Orleans;

/// <summary>Uses what the silo keeps in our tables.</summary>
[Alias("test.probe")]
public interface IProbeGrain : IGrainWithStringKey
{
    [Alias("read")]
    Task<string?> ReadAsync();

    [Alias("write")]
    Task WriteAsync(string value);

    [Alias("clear")]
    Task ClearAsync();

    [Alias("forget")]
    Task ForgetAsync();
}

[GenerateSerializer]
[Alias("test.probe-state")]
internal sealed class ProbeState
{
    [Id(0)]
    public string? Value { get; set; }
}

internal sealed class ProbeGrain([PersistentState("probe", OrleansTablesTests.Provider)] IPersistentState<ProbeState> state)
    : Grain, IProbeGrain
{
    public Task<string?> ReadAsync() => Task.FromResult(state.State.Value);

    public Task WriteAsync(string value)
    {
        state.State.Value = value;
        return state.WriteStateAsync();
    }

    public Task ClearAsync() => state.ClearStateAsync();

    public Task ForgetAsync()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }
}
