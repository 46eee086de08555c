using System.CommandLine;
using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Cli.Silos;

namespace OrleansOrchestrator.Cli.CommandLine;

/// <summary><c>orchestrator silo</c>: one of any number of equal silos on one PostgreSQL database.</summary>
internal static class SiloCommand
{
    public static Command Create()
    {
        var postgres = new PostgresOptions();
        var data = CommonOptions.Data();
        var port = CommonOptions.Port();
        var siloPort = EnvironmentOption.Create("--silo-port", "Port for the other silos", 11111).AsPort();
        var advertise = EnvironmentOption.Create("--advertise", "Address under which nodes, clients and other silos reach this one", "127.0.0.1");
        var cluster = EnvironmentOption.Create("--cluster", "Name of the cluster: silos of one name work together", "orchestrator");
        var config = CommonOptions.Config();
        var verbosity = CommonOptions.Verbosity();

        var command = new Command("silo", "Run a silo: control plane and API. Start any number of them on one database.")
        {
            data, port, siloPort, advertise, cluster, config, verbosity,
        };
        postgres.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => await SiloProcess.RunAsync(
            new SiloSettings(
                await postgres.ReadAsync(parsed, cancellationToken),
                parsed.GetRequiredValue(data),
                parsed.GetRequiredValue(port),
                parsed.GetRequiredValue(siloPort),
                parsed.GetRequiredValue(advertise),
                parsed.GetRequiredValue(cluster),
                CommonOptions.VerbosityOf(parsed),
                OperatorOptions.Read(parsed.GetRequiredValue(config))),
            cancellationToken));
        return command;
    }
}
