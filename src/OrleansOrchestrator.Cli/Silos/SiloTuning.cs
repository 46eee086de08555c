using Orleans.Configuration;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>
/// The Orleans options that differ from its defaults. A cluster detects a dead silo within about two seconds: it probes every
/// second, and two missed probes and two votes (if there are that many silos) declare a silo dead.
/// </summary>
internal static class SiloTuning
{
    // Enough for the stores, the shards of controllers and the selector indexes of namespaces. Orleans' default is a million
    // entries, which it allocates at the start in two tables of 9 MB.
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
