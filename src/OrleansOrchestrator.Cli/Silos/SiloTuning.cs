using Orleans.Configuration;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>
/// What silos set that Orleans leaves otherwise. Its times let a cluster notice within about two seconds that a silo has died: probes every
/// second, two missed, two votes where there are that many silos.
/// </summary>
internal static class SiloTuning
{
    // Stores, shards of controllers, and selector indexes of namespaces. Orleans makes room for a million at the start, in two tables of 9 MB.
    private const int KnownGrainsMax = 20_000;

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
        silo.Configure<GrainDirectoryOptions>(directory => directory.CacheSize = KnownGrainsMax);
        silo.Configure<SiloMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(15));
    }
}
