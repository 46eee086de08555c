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

    [Alias("remind")]
    Task RemindAsync(string name, TimeSpan period);

    [Alias("reminders")]
    Task<IReadOnlyList<string>> RemindersAsync();

    [Alias("unremind")]
    Task UnremindAsync(string name);
}

[GenerateSerializer]
[Alias("test.probe-state")]
internal sealed class ProbeState
{
    [Id(0)]
    public string? Value { get; set; }
}

internal sealed class ProbeGrain([PersistentState("probe", OrleansTablesTests.Provider)] IPersistentState<ProbeState> state)
    : Grain, IProbeGrain, IRemindable
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

    public Task RemindAsync(string name, TimeSpan period) => this.RegisterOrUpdateReminder(name, period, period);

    public async Task<IReadOnlyList<string>> RemindersAsync() =>
        [.. (await this.GetReminders()).Select(reminder => reminder.ReminderName).Order(StringComparer.Ordinal)];

    public async Task UnremindAsync(string name)
    {
        var reminder = await this.GetReminder(name);
        if (reminder is not null)
            await this.UnregisterReminder(reminder);
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => Task.CompletedTask;
}
