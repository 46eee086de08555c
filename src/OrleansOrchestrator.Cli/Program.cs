using OrleansOrchestrator.Cli.CommandLine;
using OrleansOrchestrator.Cli.Processes;

// Before anything is loaded that would be loaded twice.
if (args is ["node", ..])
    SmallRuntime.Enter();
return await Orchestrator.RunAsync(args);
