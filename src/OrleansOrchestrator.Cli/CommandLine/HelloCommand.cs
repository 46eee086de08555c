using System.CommandLine;
using OrleansOrchestrator.Cli.Dev.Demo;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator hello</c>: the service of the demo. Each answer names its pod.</summary>
internal static class HelloCommand
{
    public static Command Create()
    {
        var address = EnvironmentOption.Create("--address", "Address to listen on", "0.0.0.0");
        var port = EnvironmentOption.Create("--port", "Port to listen on", 8080).AsPort();
        var command = new Command("hello", "Serve a page that names the pod that serves it.") { address, port };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) =>
            HelloServer.RunAsync(parsed.GetRequiredValue(address), parsed.GetRequiredValue(port), cancellationToken));
        return command;
    }
}
