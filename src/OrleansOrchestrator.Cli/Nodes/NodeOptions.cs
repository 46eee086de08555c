using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Model.Fencing;
using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>What an operator has set about nodes.</summary>
internal static class NodeOptions
{
    /// <summary>The options of a node, but for those that are its own.</summary>
    public static NodeAgentOptions Of(OperatorOptions options) => options.Get<NodeAgentOptions>() with { Times = options.Get<FencingTimes>() };
}
