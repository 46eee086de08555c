using OrleansOrchestrator.Node.Options;

namespace OrleansOrchestrator.Cli.Nodes;

/// <summary>The values of <c>--runtime</c>.</summary>
internal static class RuntimeKinds
{
    /// <summary>Reads a value that the command line has checked.</summary>
    public static RuntimeKind Parse(string value) => Enum.Parse<RuntimeKind>(value, ignoreCase: true);
}
