using OrleansOrchestrator.ControlPlane.Hosting;
using OrleansOrchestrator.ControlPlane.Watch;

namespace OrleansOrchestrator.ControlPlane.Tests.Hosting;

/// <summary>Options of silos in tests.</summary>
internal static class TestOptions
{
    private static readonly TimeSpan ClientPatience = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The options, with longer waits for caches that are being filled: a client repeats a read that came too early, and tests, on
    /// machines that may be busy, do not.
    /// </summary>
    public static ControlPlaneOptions Patient(ControlPlaneOptions? options)
    {
        var given = options ?? new ControlPlaneOptions();
        return given.Watch.FreshnessWait == new WatchOptions().FreshnessWait ? given with { Watch = given.Watch with { FreshnessWait = ClientPatience } } : given;
    }
}
