using System.Globalization;
using k8s.Models;
using Microsoft.Extensions.DependencyInjection;
using OrleansOrchestrator.ControlPlane.Events;
using OrleansOrchestrator.ControlPlane.Requests;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;
using OrleansOrchestrator.ControlPlane.Tests.Store;
using OrleansOrchestrator.Model.Resources;

namespace OrleansOrchestrator.ControlPlane.Tests.Events;

public sealed class EventRecorderTests(SharedSilo shared) : IAsyncLifetime
{
    private const int Flood = 4_000;

    private string _space = null!;
    private StoredObject _involved = null!;

    private ApiUser Api => shared.Api;

    private EventRecorder Recorder => shared.Silo.Services.GetRequiredService<EventRecorder>();

    public async ValueTask InitializeAsync()
    {
        _space = await Api.NewNamespaceAsync();
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "a", NamespaceProperty = _space } });
        _involved = await Api.Objects.GetAsync(Samples.Maps, new ObjectKey(_space, "a"), Freshness.Latest, TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task EventRecorder_EventThatRepeats_RaisesTheCountOfTheFirst()
    {
        for (var i = 0; i < 5; i++)
            Recorder.Record(_involved, "tester", "Normal", "Happened", "It happened.");
        Recorder.Record(_involved, "tester", "Normal", "Happened", "Something else happened.");
        var events = await Api.UntilAsync<Corev1Event>(_space, all => all.Exists(told => told.Message == "Something else happened."));
        events.Count.ShouldBe(2);
        var repeated = events.Single(told => told.Message == "It happened.");
        repeated.Count.ShouldBe(5);
        (repeated.InvolvedObject.Kind, repeated.InvolvedObject.Name, repeated.InvolvedObject.Uid, repeated.Source.Component)
            .ShouldBe(("ConfigMap", "a", _involved.Uid, "tester"));
    }

    [Fact]
    public async Task EventRecorder_EventThatIsGone_IsWrittenAnew()
    {
        Recorder.Record(_involved, "tester", "Normal", "Happened", "Once.");
        var first = (await Api.UntilAsync<Corev1Event>(_space, all => all.Count == 1))[0];
        await Api.DeleteAsync<Corev1Event>(_space, first.Metadata.Name);
        Recorder.Record(_involved, "tester", "Normal", "Happened", "Once.");
        var second = (await Api.UntilAsync<Corev1Event>(_space, all => all.Count == 1))[0];
        second.Metadata.Uid.ShouldNotBe(first.Metadata.Uid);
        second.Count.ShouldBe(1);
    }

    [Fact]
    public async Task EventRecorder_MoreEventsThanTheQueueHolds_LeaveTheRecorderWorking()
    {
        for (var i = 0; i < 10_000; i++)
            Recorder.Record(_involved, $"tester-{i}", "Normal", "Flood", $"Number {i}.");
        await Api.UntilAsync<Corev1Event>(_space, all => all.Exists(told => told.Message == "Number 9999."));
    }

    [Fact]
    public async Task EventRecorder_ObjectOfWhichVeryMuchIsTold_TakesNoPlacesFromOthers()
    {
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "b", NamespaceProperty = _space } });
        var other = await Api.Objects.GetAsync(Samples.Maps, new ObjectKey(_space, "b"), Freshness.Latest, TestContext.Current.CancellationToken);
        Recorder.Record(other, "tester", "Normal", "Happened", "Before.");
        for (var i = 0; i < 10_000; i++)
            Recorder.Record(_involved, "tester", "Normal", "Flood", $"Number {i}.");
        Recorder.Record(other, "tester", "Normal", "Happened", "After.");

        var events = await Api.UntilAsync<Corev1Event>(_space, all => all.Exists(told => told.Message == "After."));

        events.ShouldContain(told => told.Message == "Before.");
        events.Count(told => told.Reason == "Flood").ShouldBe(25);
    }

    [Fact]
    public async Task EventRecorder_FloodFromOneNamespace_KeepsNoOtherWaiting()
    {
        var calm = await Api.NewNamespaceAsync();
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "c", NamespaceProperty = calm } });
        var other = await Api.Objects.GetAsync(Samples.Maps, new ObjectKey(calm, "c"), Freshness.Latest, TestContext.Current.CancellationToken);
        for (var i = 0; i < Flood; i++)
            Recorder.Record(_involved, $"tester-{i}", "Normal", "Flood", $"Number {i}.");
        Recorder.Record(other, "tester", "Normal", "Happened", "After.");

        var told = (await Api.UntilAsync<Corev1Event>(calm, all => all.Count == 1))[0];
        var flood = await Api.UntilAsync<Corev1Event>(_space, all => all.Count == Flood);

        flood.Count(one => RevisionOf(one) > RevisionOf(told)).ShouldBeGreaterThan(0, "what came first had not to be written first");
    }

    [Fact]
    public async Task EventRecorder_ObjectOfTheLongestNameAndALongMessage_IsToldOf()
    {
        var name = new string('a', 253);
        await Api.CreateAsync(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = _space } });
        var involved = await Api.Objects.GetAsync(Samples.Maps, new ObjectKey(_space, name), Freshness.Latest, TestContext.Current.CancellationToken);

        Recorder.Record(involved, "tester", "Normal", "Happened", new string('b', 5000));

        var told = (await Api.UntilAsync<Corev1Event>(_space, all => all.Count == 1))[0];
        (told.InvolvedObject.Name, told.Message.Length).ShouldBe((name, 1024));
    }

    private static long RevisionOf(Corev1Event told) => long.Parse(told.Metadata.ResourceVersion, CultureInfo.InvariantCulture);
}
