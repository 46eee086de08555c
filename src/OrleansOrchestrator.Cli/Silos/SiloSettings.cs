using OrleansOrchestrator.Cli.Configuration;

namespace OrleansOrchestrator.Cli.Silos;

/// <summary>The settings of <c>silo</c>.</summary>
/// <param name="Postgres">The database's connection string.</param>
/// <param name="DataDirectory">The folder of the kubeconfig.</param>
/// <param name="Port">The API's port; 0 for any free one.</param>
/// <param name="SiloPort">The port for other silos; 0 for any free one.</param>
/// <param name="AdvertisedAddress">The address at which other silos, nodes and clients reach this silo.</param>
/// <param name="Cluster">The cluster's name.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">The options besides the command line's.</param>
internal sealed record SiloSettings(
    string Postgres, string DataDirectory, int Port, int SiloPort, string AdvertisedAddress, string Cluster, LogLevel LogLevel, OperatorOptions Options);
