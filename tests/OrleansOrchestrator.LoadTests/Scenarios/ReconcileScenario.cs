using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>What controllers cost: many that have nothing to do, and one that sees its pod change.</summary>
internal sealed class ReconcileScenario : IScenario
{
    private const int InFlight = 16;
    private const int Controllers = 10_000;
    private const int Pods = 200;
    private const int Rounds = 20;
    private const double RestCores = 0.1;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RestWithin = TimeSpan.FromSeconds(60);

    public string Name => "reconcile";

    public string Summary => "10,000 replication controllers at rest, and status patches of pods that have one and that have none";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        var controllers = $"/api/v1/namespaces/{name}/replicationcontrollers";
        var pods = $"/api/v1/namespaces/{name}/pods";
        var idle = Memory();

        var meter = new CpuMeter(pump.Processes);
        var began = Stopwatch.GetTimestamp();
        var created = await pump.RunAsync("", client.Request("POST", controllers, Manifests.Controller("idle", replicas: 0)), 0, Controllers, InFlight);
        await RestAsync();
        Add("create 10,000 ReplicationControllers, until they rest", meter, began, created.Count, created.Errors, string.Create(
            CultureInfo.InvariantCulture, $"{context.DescribeMemory()}; first process {(Memory() - idle) / Math.Max(1, created.Count):N0} bytes for each"));

        // The controllers' selectors name a number each, and so do the pods' labels: "orphan" ones match none.
        await pump.RunAsync("", client.Request("POST", pods, Manifests.NumberedPod("orphan", "none")), 0, Pods, InFlight);
        await pump.RunAsync("", client.Request("POST", pods, Manifests.NumberedPod("owned", "busy")), 0, Pods, InFlight);
        await pump.RunAsync("", client.Request("POST", controllers, Manifests.Controller("busy", replicas: 1)), 0, Pods, InFlight);
        await RestAsync();
        foreach (var warmsUp in (bool[])[true, false])
        {
            await PatchAsync("orphan", "patch the status of Pods without a controller, 16 in flight", warmsUp);
            await PatchAsync("owned", "patch the status of Pods with one, until it rests", warmsUp);
        }

        await context.DeleteNamespaceAsync(name);

        async Task PatchAsync(string prefix, string work, bool warmsUp)
        {
            var status = $"{pods}/{prefix}-{RequestTemplate.Placeholder}/status";
            RequestTemplate[] states =
            [
                client.Request("PATCH", status, Manifests.PodStatusPatch(true), "application/strategic-merge-patch+json"),
                client.Request("PATCH", status, Manifests.PodStatusPatch(false), "application/strategic-merge-patch+json"),
            ];
            var (patching, started) = (new CpuMeter(pump.Processes), Stopwatch.GetTimestamp());
            var (count, errors) = (0L, 0L);
            for (var round = 0; round < Rounds; round++)
            {
                var patched = await pump.RunAsync("", states[round % 2], 0, Pods, InFlight);
                (count, errors) = (count + patched.Count, errors + patched.Errors);
            }

            await RestAsync();
            if (!warmsUp)
                Add(work, patching, started, count, errors, "");
        }

        // Controllers go on after the last answer; what they do belongs to the step.
        async Task RestAsync()
        {
            var deadline = Stopwatch.GetTimestamp();
            for (var before = Cpu(); Stopwatch.GetElapsedTime(deadline) < RestWithin;)
            {
                await Task.Delay(Second, TimeProvider.System);
                var now = Cpu();
                if (now - before < RestCores)
                    return;
                before = now;
            }
        }

        double Cpu() => pump.Processes.Sum(process => process.CpuSeconds());

        // The first process is the silo's.
        long Memory() => pump.Processes is [var first, ..] ? first.MemoryBytes() : 0;

        void Add(string work, CpuMeter step, long started, long count, long errors, string note) => context.Report.Add(
            step.Stop(new Measurement(work, count, errors, Stopwatch.GetElapsedTime(started).TotalSeconds) { Note = note }));
    }
}
