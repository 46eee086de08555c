using System.CommandLine;
using OrleansOrchestrator.Cli.Failures;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator kubeconfig</c>: prints the kubeconfig that <c>dev</c> or <c>silo</c> wrote.</summary>
internal static class KubeConfigCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var command = new Command("kubeconfig", "Print the kubeconfig of the cluster whose data folder this is.") { data };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = Path.Combine(parsed.GetRequiredValue(data), "kubeconfig");
            try
            {
                Console.Write(await File.ReadAllTextAsync(path, cancellationToken));
            }
            catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
            {
                throw new CommandException($"cannot read {path}: start \"orchestrator dev\" or \"orchestrator silo\" with this data folder first", missing);
            }

            return ExitCodes.Success;
        });
        return command;
    }
}
