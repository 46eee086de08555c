using System.CommandLine;
using OrleansOrchestrator.LoadTests;
using OrleansOrchestrator.LoadTests.Client;

var scenarios = new Argument<string[]>("scenario")
{
    Description = "What to measure, all if none is named: "
        + string.Join("; ", LoadRun.Scenarios.Select(scenario => $"{scenario.Name} ({scenario.Summary})")),
    Arity = ArgumentArity.ZeroOrMore,
};
scenarios.AcceptOnlyFromAmong([.. LoadRun.Scenarios.Select(scenario => scenario.Name)]);
var kubeConfig = new Option<string?>("--kubeconfig")
{
    Description = "Load the server of this kubeconfig; without it PostgreSQL and a silo are started for each scenario",
};
var client = new Option<ClientKind>("--client")
{
    Description = "Whose client sends requests: the harness's own, which is lean, or the framework's, to confirm what that one says",
};
var http = new Option<string>("--http") { Description = "The version of HTTP for requests", DefaultValueFactory = _ => "1.1" };
http.AcceptOnlyFromAmong("1.1", "2");
var watchHttp = new Option<string>("--watch-http")
{
    Description = "The version of HTTP for watches: a connection for each with 1.1, shared ones with 2",
    DefaultValueFactory = _ => "2",
};
watchHttp.AcceptOnlyFromAmong("1.1", "2");
var count = new Option<int>("--count") { Description = "How many objects writes create", DefaultValueFactory = _ => 20_000 };
var warmUp = new Option<int>("--warm-up")
{
    Description = "How much of their warm-up writes and reads do, in percent: programs that are compiled beforehand need less",
    DefaultValueFactory = _ => 100,
};
var seconds = new Option<int>("--seconds") { Description = "The longest that a step may take", DefaultValueFactory = _ => 60 };
var minutes = new Option<double>("--minutes") { Description = "How long endurance goes on", DefaultValueFactory = _ => 30 };
var nodes = new Option<int?>("--nodes") { Description = "How many hollow nodes there are; by itself a scenario has 500 to 5,000" };
var pods = new Option<int?>("--pods") { Description = "How many pods hollow nodes run; by itself a scenario has 1,000 to 5,000" };
var renew = new Option<double?>("--renew")
{
    Description = "How often a hollow node renews its lease, in seconds; by itself a scenario has 2, as daemons of ours, or 10, as kubelets",
};
var processes = new Option<string[]>("--process")
{
    Description = "With --kubeconfig: name=id of a process of the server on this machine, whose processor time is to be told",
};

var command = new RootCommand("Loads a server of the Kubernetes API and prints what it can do.")
{
    scenarios, kubeConfig, client, http, watchHttp, count, warmUp, seconds, minutes, nodes, pods, renew,
    processes,
};
command.SetAction((parsed, cancellationToken) => LoadRun.RunAsync(
    new LoadSettings(
        parsed.GetValue(scenarios) ?? [],
        parsed.GetValue(kubeConfig),
        parsed.GetValue(client),
        parsed.GetValue(http) == "2",
        parsed.GetValue(watchHttp) == "2",
        parsed.GetValue(count),
        parsed.GetValue(warmUp),
        parsed.GetValue(seconds),
        TimeSpan.FromMinutes(parsed.GetValue(minutes)),
        parsed.GetValue(nodes),
        parsed.GetValue(pods),
        parsed.GetValue(renew) is { } renewSeconds ? TimeSpan.FromSeconds(renewSeconds) : null,
        parsed.GetValue(processes) ?? []),
    cancellationToken));
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(10) });
