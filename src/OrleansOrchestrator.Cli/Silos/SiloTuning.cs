using Orleans.Configuration;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>
/// Times that let a cluster notice within about two seconds that a silo has died: probes every second, two missed, two
/// votes where there are that many silos.
/// </summary>
internal static class SiloTuning
{
    public static void Apply(ISiloBuilder silo)
    {
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = TimeSpan.FromSeconds(1);
            membership.NumMissedProbesLimit = 2;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            membership.DefunctSiloExpiration = TimeSpan.FromHours(1);
            membership.DefunctSiloCleanupPeriod = TimeSpan.FromMinutes(10);
        });
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(15));
    }
}
