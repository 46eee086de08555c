using System.Diagnostics;
using System.Globalization;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>What a server's processes hold: idle, with many objects, and after these are deleted again.</summary>
internal sealed class MemoryScenario : IScenario
{
    private const int Pods = 10_000;
    private const int Maps = 3000;
    private const int Nodes = 1000;
    private const int InFlight = 64;
    private static readonly TimeSpan FallWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    public string Name => "memory";

    public string Summary => "memory idle, with 10,000 pods, 3,000 config maps and 1,000 nodes, and after their deletion";

    public async Task RunAsync(LoadContext context)
    {
        var (pump, client) = (context.Pump, context.Pump.Client);
        var name = await context.CreateNamespaceAsync();
        (string Path, string Prefix, string Manifest, int Count)[] kinds =
        [
            ("/api/v1/nodes", name, Manifests.Node(name), Nodes),
            ($"/api/v1/namespaces/{name}/pods", "pod", Manifests.Pod("pod", "all"), Pods),
            ($"/api/v1/namespaces/{name}/configmaps", "map", Manifests.ConfigMap("map"), Maps),
        ];
        var idle = Measure();
        Add("memory, idle", 0, 0, "");

        var errors = 0L;
        foreach (var (path, _, manifest, count) in kinds)
            errors += (await pump.RunAsync("", client.Request("POST", path, manifest), 0, count, InFlight)).Errors;
        Add("memory, right after the creation of 14,000 objects", Pods + Maps + Nodes, errors, PerObject());
        await Task.Delay(Pause * 2, TimeProvider.System);
        Add("memory, 10 s later", Pods + Maps + Nodes, 0, PerObject());

        errors = 0;
        foreach (var (path, prefix, _, count) in kinds)
        {
            var delete = client.Request("DELETE", $"{path}/{prefix}-{Client.RequestTemplate.Placeholder}?gracePeriodSeconds=0");
            errors += (await pump.RunAsync("", delete, 0, count, InFlight)).Errors;
        }

        Add("memory, right after their deletion", Pods + Maps + Nodes, errors, "");
        var started = Stopwatch.GetTimestamp();
        var least = Measure();
        while (Stopwatch.GetElapsedTime(started) < FallWithin)
        {
            await Task.Delay(Pause, TimeProvider.System);
            least = Math.Min(least, Measure());
        }

        Add("memory, up to two minutes later", Pods + Maps + Nodes, 0, string.Create(CultureInfo.InvariantCulture, $"first process {(least - idle) / 1e6:F0} MB above idle at the least"));
        await context.DeleteNamespaceAsync(name);

        // The first process is the silo's; the database has a budget of its own.
        long Measure() => pump.Processes is [var first, ..] ? first.MemoryBytes() : 0;

        string PerObject() => string.Create(CultureInfo.InvariantCulture, $"first process {(Measure() - idle) / (Pods + Maps + Nodes):N0} bytes per object");

        void Add(string work, long count, long failures, string note) => context.Report.Add(new Measurement(work, count, failures, 0)
        {
            Load = Machine.Load(),
            Note = note.Length > 0 ? $"{context.DescribeMemory()}; {note}" : context.DescribeMemory(),
        });
    }
}
