using OrleansOrchestrator.Cli.Configuration;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>What the user asked of <c>node</c>.</summary>
/// <param name="KubeConfig">The file that says where the API is.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Runtime">What runs containers.</param>
/// <param name="Tunnel">Whether the node is reached through a tunnel, whatever the options say.</param>
/// <param name="DataDirectory">Where the daemon keeps its state.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">What was set besides the command line.</param>
internal sealed record NodeSettings(string KubeConfig, string Name, string Runtime, bool Tunnel, string DataDirectory, LogLevel LogLevel, OperatorOptions Options);
