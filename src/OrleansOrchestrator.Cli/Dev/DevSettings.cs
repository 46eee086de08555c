using OrleansOrchestrator.Cli.Configuration;

namespace OrleansOrchestrator.Cli.Dev;

/// <summary>What the user asked of <c>dev</c>.</summary>
/// <param name="DataDirectory">Where state lives.</param>
/// <param name="Port">The API's port; 0 for any free one.</param>
/// <param name="Runtime">What runs containers.</param>
/// <param name="Nodes">How many nodes.</param>
/// <param name="Demo">Whether to show the demo and end.</param>
/// <param name="LogLevel">The lowest level that is logged.</param>
/// <param name="Options">What was set besides the command line.</param>
internal sealed record DevSettings(string DataDirectory, int Port, string Runtime, int Nodes, bool Demo, LogLevel LogLevel, OperatorOptions Options);
