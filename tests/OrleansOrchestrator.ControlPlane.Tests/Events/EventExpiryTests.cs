using k8s.Models;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Store;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.ControlPlane.Tests.Events;

public sealed class EventExpiryTests : IAsyncLifetime
{
    private const int PendingChangesMax = 200;

    private readonly ShiftedTime _time = new();
    private readonly ScriptedLog _log = new();
    private TestSilo _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private ApiUser Api => _silo.Api;

    public async ValueTask InitializeAsync() => _silo = await TestSilo.StartAsync(
        _log,
        new ControlPlaneOptions { Store = new StoreOptions { ExpiryPeriod = TimeSpan.FromMilliseconds(50), PendingChangesMax = PendingChangesMax, ExpiryBatchMax = 50 } },
        _time);

    public ValueTask DisposeAsync() => _silo.DisposeAsync();

    [Fact]
    public async Task EventExpiry_Event_ExpiresAnHourAfterItsLastWrite()
    {
        await Api.CreateAsync(Event("once"));
        await Api.CreateAsync(Event("again"));
        _time.Shift(TimeSpan.FromMinutes(50));
        var again = await Api.GetAsync<Corev1Event>("default", "again");
        again.Count = 2;
        await Api.UpdateAsync(again);

        _time.Shift(TimeSpan.FromMinutes(11));
        await Api.UntilAsync<Corev1Event>("default", events => events is [{ Metadata.Name: "again" }]);
        _time.Shift(TimeSpan.FromMinutes(50));
        await Api.UntilAsync<Corev1Event>("default", events => events.Count == 0);
    }

    [Fact]
    public async Task EventExpiry_OfMoreThanMayWaitAtOnce_RefusesNobodysWrites()
    {
        const int Count = 2000;
        for (var i = 0; i < Count; i += PendingChangesMax / 2)
        {
            await Task.WhenAll(Enumerable.Range(i, PendingChangesMax / 2).Select(j => Api.CreateAsync(Event($"e{j}"))));
            (await Api.ListAsync<Corev1Event>("default")).Count.ShouldBe(i + (PendingChangesMax / 2));
        }

        // All of them expire at once, and events are written on and on.
        _time.Shift(TimeSpan.FromMinutes(61));
        var written = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                for (var i = 0; i < 20; i++)
                    await Api.CreateAsync(Event($"new-{written++}"));
                return (await Api.ListAsync<Corev1Event>("default")).Count == written;
            });
    }

    [Fact]
    public async Task AnEventThatIsAcknowledged_IsSeenByTheNextRead_ThoughItIsNotDurableYet()
    {
        var stop = _log.StopNext("events");
        await Api.CreateAsync(Event("quick"));
        var reading = Api.GetAsync<Corev1Event>("default", "quick");
        await stop.Arrived;
        reading.IsCompleted.ShouldBeFalse();
        stop.GoOn();
        (await reading).Metadata.Name.ShouldBe("quick");
    }

    [Fact]
    public async Task EventExpiry_EventThatCouldNotBeMadeDurable_DoesNotHoldUpReaders()
    {
        _log.Fail("events", CommitFault.Unknown);
        await Api.CreateAsync(Event("lost"));

        // What is written before the loss is noticed is based on it, and lost as well.
        await Api.UntilAsync<Corev1Event>("default", events => events.Count == 0);
        await Api.CreateAsync(Event("kept"));
        await Api.UntilAsync<Corev1Event>("default", events => events.Exists(told => told.Metadata.Name == "kept"));
    }

    private static Corev1Event Event(string name) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "default" },
        InvolvedObject = new V1ObjectReference { ApiVersion = "v1", Kind = "Pod", Name = "p", NamespaceProperty = "default" },
        Reason = "Tested",
        Message = "It was tested.",
        Type = "Normal",
    };
}
