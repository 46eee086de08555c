namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

public sealed class ProcessRuntimeTests(ProcessRuntime runtime) : ReplicatedServiceTests(runtime), IClassFixture<ProcessRuntime>;
