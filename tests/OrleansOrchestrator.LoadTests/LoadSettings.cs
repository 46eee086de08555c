using OrleansOrchestrator.LoadTests.Client;

namespace OrleansOrchestrator.LoadTests;

/// <summary>What the user asked for.</summary>
/// <param name="Scenarios">The names of the scenarios; none for all.</param>
/// <param name="KubeConfig">The server to load; null to start one.</param>
/// <param name="Client">Whose client sends requests and opens watches.</param>
/// <param name="UsesHttp2">Whether requests go over HTTP/2.</param>
/// <param name="WatchesUseHttp2">Whether watches go over HTTP/2, where they share connections.</param>
/// <param name="Count">How many objects writes create; the counts of other work derive from it.</param>
/// <param name="WarmUpPercent">How much of their warm-up writes and reads do.</param>
/// <param name="SecondsMax">The longest that a step may take.</param>
/// <param name="Duration">How long endurance goes on.</param>
/// <param name="Nodes">How many hollow nodes there are; null for as many as the scenario has by itself.</param>
/// <param name="Pods">How many pods they run; null for as many as the scenario has by itself.</param>
/// <param name="RenewInterval">How often a hollow node renews its lease; null for as often as the scenario has it by itself.</param>
/// <param name="Processes">Processes of a server that was not started here, as <c>name=id</c>.</param>
internal sealed record LoadSettings(
    IReadOnlyList<string> Scenarios, string? KubeConfig, ClientKind Client, bool UsesHttp2, bool WatchesUseHttp2, int Count, int WarmUpPercent, int SecondsMax,
    TimeSpan Duration, int? Nodes, int? Pods, TimeSpan? RenewInterval, IReadOnlyList<string> Processes);
