using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using OrleansOrchestrator.ControlPlane.Telemetry;
using OrleansOrchestrator.ControlPlane.Tests.Hosting;

namespace OrleansOrchestrator.ControlPlane.Tests.Store;

public sealed class StoreInstrumentsTests
{
    // A kind that no other test of this process writes through a silo: instruments are the whole process's.
    private const string Resource = "limitranges";

    [Fact]
    public async Task Store_WritesAndRefuses_IsRecorded()
    {
        var seen = new ConcurrentQueue<(string Instrument, double Value, string Tags)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == ControlPlaneMeter.Name)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(seen, instrument, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Note(seen, instrument, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(seen, instrument, value, tags));
        listener.Start();
        await using var silo = await TestSilo.StartAsync(new ScriptedLog());
        var store = silo.StoreGrain(Resource);

        await store.CommitAsync([Samples.Create("a"), Samples.Create("b")]);
        await store.CommitAsync([Samples.Create("a")]);

        var ours = seen.Where(one => one.Tags.Contains($"resource={Resource}", StringComparison.Ordinal)).ToList();
        ours.ShouldContain(one => one.Instrument == "orchestrator_store_opening_duration");
        ours.ShouldContain(one => one.Instrument == "orchestrator_store_commit_changes" && one.Value == 2);
        ours.ShouldContain(one => one.Instrument == "orchestrator_store_commit_duration" && one.Tags.Contains("succeeded=True", StringComparison.Ordinal));
        ours.ShouldContain(one => one.Instrument == "orchestrator_store_refusals" && one.Tags.Contains("why=AlreadyExists", StringComparison.Ordinal));
    }

    private static void Note(
        ConcurrentQueue<(string Instrument, double Value, string Tags)> seen, Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        seen.Enqueue((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
}
