namespace OrleansOrchestrator.EndToEnd.Tests.Workloads;

public sealed class DockerRuntimeTests(DockerRuntime runtime) : ReplicatedServiceTests(runtime), IClassFixture<DockerRuntime>;
