using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator version</c>: prints this build's version, and the Kubernetes version of its API.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        var command = new Command("version", "Print the version of this program.");
        command.SetAction(_ => Console.WriteLine(
            $"orchestrator {Version} ({RuntimeInformation.RuntimeIdentifier}, .NET {Environment.Version})"));
        return command;
    }

    private static string Version =>
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
