using OrleansOrchestrator.LoadTests.Client;
using OrleansOrchestrator.LoadTests.Cluster;
using OrleansOrchestrator.LoadTests.Measuring;

namespace OrleansOrchestrator.LoadTests.Scenarios;

/// <summary>What a scenario works with.</summary>
/// <param name="Pump">Sends requests, over the version of HTTP that was asked for.</param>
/// <param name="Watches">Opens watches, over the version of HTTP that was asked for.</param>
/// <param name="Report">Where results go.</param>
/// <param name="Local">The cluster that was started for this run; null if the server is somebody else's.</param>
/// <param name="Count">How many objects writes create.</param>
/// <param name="WarmUpPercent">How much of their warm-up writes and reads do.</param>
/// <param name="Duration">How long something goes on that has no end of its own.</param>
internal sealed record LoadContext(Pump Pump, ApiClient Watches, Report Report, LocalCluster? Local, int Count, int WarmUpPercent, TimeSpan Duration)
{
    /// <summary>How many hollow nodes there are to be; null for as many as the scenario has by itself.</summary>
    public required int? Nodes { get; init; }

    /// <summary>How many pods they are to run; null for as many as the scenario has by itself.</summary>
    public required int? Pods { get; init; }

    /// <summary>How often a hollow node renews its lease.</summary>
    public required TimeSpan RenewInterval { get; init; }

    /// <summary>The longest that a step may take.</summary>
    public required TimeSpan StepMax { get; init; }

    /// <summary>How many of the requests of a whole warm-up are sent.</summary>
    public int WarmUp(int whole) => whole * WarmUpPercent / 100;

    /// <summary>A name for a namespace that nobody has yet.</summary>
    public static string NewNamespace() => $"load-{Guid.NewGuid().ToString("N")[..8]}";

    /// <summary>The cluster that was started for this run, for scenarios that do to it what nobody may do to somebody else's.</summary>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public LocalCluster RequireLocal(string scenario) =>
        Local ?? throw new InvalidOperationException($"{scenario} needs a cluster of its own: leave out --kubeconfig");

    /// <summary>Creates a namespace for a scenario of its own.</summary>
    public async Task<string> CreateNamespaceAsync()
    {
        var name = NewNamespace();
        await Pump.Client.RequireAsync(Pump.Client.Request("POST", "/api/v1/namespaces", Manifests.Namespace(name)), 0, 201);
        return name;
    }

    /// <summary>Leaves a server that is not ours as it was.</summary>
    public async Task DeleteNamespaceAsync(string name)
    {
        if (Local is null)
            await Pump.Client.RequireAsync(Pump.Client.Request("DELETE", $"/api/v1/namespaces/{name}"), 0, 200, 202);
    }

    /// <summary>The memory of all silos, for a note.</summary>
    public string DescribeMemory() => string.Join(", ", Pump.Processes
        .GroupBy(process => process.Name)
        .Select(group => $"{group.Key} {Report.Number(group.Sum(process => process.MemoryBytes()) / 1e6)} MB"));
}
