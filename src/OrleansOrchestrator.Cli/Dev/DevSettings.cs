using OrleansOrchestrator.Cli.Configuration;

namespace OrleansOrchestrator.Cli.Dev;

/// <summary>The settings of <c>dev</c>.</summary>
/// <param name="DataDirectory">The folder of the cluster's state.</param>
/// <param name="Port">The API's port; 0 for any free one.</param>
/// <param name="Runtime">The container runtime.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Demo">Whether to run the demo and exit.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">The options besides the command line's.</param>
internal sealed record DevSettings(string DataDirectory, int Port, string Runtime, int Nodes, bool Demo, LogLevel LogLevel, OperatorOptions Options);
