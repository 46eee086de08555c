using OrleansOrchestrator.Cli.Configuration;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>What the user asked of <c>silo</c>.</summary>
/// <param name="Postgres">The database's connection string.</param>
/// <param name="DataDirectory">Where the kubeconfig is written.</param>
/// <param name="Port">The API's port; 0 for any free one.</param>
/// <param name="SiloPort">The port for other silos; 0 for any free one.</param>
/// <param name="AdvertisedAddress">The address under which others reach this silo.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">What was set besides the command line.</param>
internal sealed record SiloSettings(
    string Postgres, string DataDirectory, int Port, int SiloPort, string AdvertisedAddress, string Cluster, LogLevel LogLevel, OperatorOptions Options);
