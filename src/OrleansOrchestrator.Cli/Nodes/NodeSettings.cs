using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Node.Identity;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>The settings of <c>node</c>.</summary>
/// <param name="KubeConfig">The kubeconfig file; empty for that of a node that has joined.</param>
/// <param name="Join">How the node joins; null if it logs in with the credentials of the kubeconfig.</param>
/// <param name="Name">The node's name.</param>
/// <param name="Runtime">The container runtime.</param>
/// <param name="Tunnel">Whether the node is reached through a tunnel, whatever the options say.</param>
/// <param name="StaticPodPath">The folder of static pods; empty for that of the options.</param>
/// <param name="StaticPodUrl">The URL of static pods; empty for that of the options.</param>
/// <param name="DataDirectory">The folder of the daemon's state.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">The options besides the command line's.</param>
internal sealed record NodeSettings(
    string KubeConfig, JoinSettings? Join, string Name, string Runtime, bool Tunnel, string StaticPodPath, string StaticPodUrl, string DataDirectory,
    LogLevel LogLevel, OperatorOptions Options);
