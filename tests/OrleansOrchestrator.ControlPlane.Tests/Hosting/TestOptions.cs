using OrleansOrchestrator.Controllers.NodeLifecycle;
using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Model.Fencing;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Options of silos in tests.</summary>
internal static class TestOptions
{
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(20);

    // Longer than any test: nodes that are in the API only do not renew their leases.
    private static readonly TimeSpan LeaseDuration = TimeSpan.FromMinutes(30);

    /// <summary>
    /// The options, with longer waits for caches that are being filled, and with nodes that do not fall silent: a client repeats a
    /// read that came too early, and a daemon renews its lease, and tests, on machines that may be busy, do not.
    /// </summary>
    public static ControlPlaneOptions Patient(ControlPlaneOptions? options)
    {
        var given = options ?? new ControlPlaneOptions();
        if (given.Watch.FreshnessWait == new WatchOptions().FreshnessWait)
            given = given with { Watch = given.Watch with { FreshnessWait = ClientPatience } };
        if (given.NodeLifecycle == new NodeLifecycleOptions())
            given = given with { NodeLifecycle = given.NodeLifecycle with { Times = new FencingTimes { LeaseDuration = LeaseDuration } } };
        return given;
    }
}
