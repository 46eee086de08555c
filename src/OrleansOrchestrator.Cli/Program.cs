using OrleansOrchestrator.Cli.CommandLine;

return await Orchestrator.RunAsync(args);
