using System.CommandLine;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Cli.Dev;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator dev</c>: a cluster in one process, on the embedded store.</summary>
internal static class DevCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var port = CommonOptions.Port();
        var runtime = CommonOptions.Runtime();
        var config = CommonOptions.Config();
        var verbosity = CommonOptions.Verbosity();
        var nodes = EnvironmentOption.Create("--nodes", "How many nodes to run in the process", 1).Within(1, 5000);
        var demo = EnvironmentOption.Create("--demo", "Show a replicated service that heals, then end", false);

        var command = new Command("dev", "Run a whole cluster in this process: silo, API and nodes, with its state in one folder.")
        {
            data, port, runtime, nodes, demo, config, verbosity,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(demo) && result.GetValue(runtime) == "hollow")
                result.AddError("--demo needs a runtime that runs pods, docker or process, not hollow");
        });
        command.SetAction((parsed, cancellationToken) => DevCluster.RunAsync(
            new DevSettings(
                parsed.GetRequiredValue(data),
                parsed.GetRequiredValue(port),
                parsed.GetRequiredValue(runtime),
                parsed.GetRequiredValue(nodes),
                parsed.GetRequiredValue(demo),
                CommonOptions.VerbosityOf(parsed),
                OperatorOptions.Read(parsed.GetRequiredValue(config))),
            cancellationToken));
        return command;
    }
}
