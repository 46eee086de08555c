using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>The operator's options for nodes.</summary>
internal static class NodeOptions
{
    /// <summary>The options of a node, without those that differ from node to node.</summary>
    public static NodeAgentOptions Of(OperatorOptions options) => options.Get<NodeAgentOptions>() with { Times = options.Get<FencingTimes>() };
}
