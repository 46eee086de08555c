using OrleansOrchestrator.Cli.Configuration;
using OrleansOrchestrator.Cli.Failures;
using OrleansOrchestrator.Cli.Nodes;
using OrleansOrchestrator.ControlPlane.Watch;
using OrleansOrchestrator.Gateway.Options;
using OrleansOrchestrator.Node.Options;
using OrleansOrchestrator.Scheduling.Placements;

namespace OrleansOrchestrator.Cli.Tests.Configuration;

public sealed class OperatorOptionsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void Read_NothingSet_GivesTheDefaults()
    {
        var options = OperatorOptions.Read("");

        foreach (var section in OptionSections.All)
            section.FaultsOf(section.CreateDefaults()).ShouldBeEmpty(section.Name);
        options.Get<WatchOptions>().ShouldBe(new WatchOptions());
    }

    [Theory]
    [InlineData("watch:\n  historyAge: 00:01:00\ngateway:\n  requestSecondsMax: 30\nnode:\n  labels: {disk: ssd}\n")]
    [InlineData("""{"watch": {"HistoryAge": "00:01:00"}, "gateway": {"requestSecondsMax": 30}, "node": {"labels": {"disk": "ssd"}}}""")]
    public void Read_YamlOrJson_SetsWhatItSaysAndNothingElse(string text)
    {
        var options = Read(text);

        options.Get<WatchOptions>().ShouldBe(new WatchOptions { HistoryAge = TimeSpan.FromMinutes(1) });
        options.Get<GatewayOptions>().RequestSecondsMax.ShouldBe(30);
        options.Get<NodeAgentOptions>().Labels["disk"].ShouldBe("ssd");
    }

    [Fact]
    public void Read_SchedulerProfiles_KeepsAllOfThemForTheScheduler()
    {
        const string text = """
            scheduler:
              podMaxBackoffSeconds: 20
              profiles:
              - schedulerName: packer
                plugins: {score: {disabled: [{name: "*"}], enabled: [{name: NodeResourcesFit, weight: 5}]}}
                pluginConfig: [{name: NodeResourcesFit, args: {scoringStrategy: {type: MostAllocated}}}]
            """;
        var options = Read(text).Get<SchedulerOptions>();
        options.PodMaxBackoffSeconds.ShouldBe(20);
        options.Profiles["0"]["pluginConfig"]["0"]["args"]["scoringStrategy"]["type"].Text.ShouldBe("MostAllocated");
        Should.Throw<CommandException>(() => Read(text.Replace("MostAllocated", "Full", StringComparison.Ordinal).Replace("score:", "scores:", StringComparison.Ordinal))).Message.ShouldBe(
            "options that cannot be used: scheduler: profiles[0].plugins.scores: Forbidden: unknown field. "
            + "scheduler: profiles[0].pluginConfig[0].args.scoringStrategy.type: Unsupported value: \"Full\": "
            + "supported values: \"LeastAllocated\", \"MostAllocated\", \"RequestedToCapacityRatio\".");
    }

    [Fact]
    public void Read_FileAndEnvironment_TakesTheEnvironment()
    {
        Environment.SetEnvironmentVariable("ORCHESTRATOR_WATCH__WATCHEREVENTSMAX", "7");
        try
        {
            Read("watch: {watcherEventsMax: 5, historyChangesMax: 6}").Get<WatchOptions>()
                .ShouldBe(new WatchOptions { WatcherEventsMax = 7, HistoryChangesMax = 6 });
        }
        finally
        {
            Environment.SetEnvironmentVariable("ORCHESTRATOR_WATCH__WATCHEREVENTSMAX", null);
        }
    }

    /// <summary><c>ORCHESTRATOR_POSTGRES</c> is a flag, and the name of a section too.</summary>
    [Fact]
    public void Read_FlagWithTheNameOfASection_IsNoOption()
    {
        Environment.SetEnvironmentVariable("ORCHESTRATOR_AUTOSCALER", "of the command line");
        try
        {
            Read("watch: {watcherEventsMax: 5}").Get<WatchOptions>().WatcherEventsMax.ShouldBe(5);
        }
        finally
        {
            Environment.SetEnvironmentVariable("ORCHESTRATOR_AUTOSCALER", null);
        }
    }

    [Theory]
    [InlineData("watch: {historyAges: 00:01:00}", "there is no option watch:historyAges.")]
    [InlineData("wach: {historyAge: 00:01:00}", "there are no options wach; there are gateway, ")]
    [InlineData("gateway: {port: 1}", "there is no option gateway:port.")]
    [InlineData("watch: {historyAge: soon}", "watch:historyAge must be a time such as 00:00:30 (hours:minutes:seconds), not \"soon\".")]
    [InlineData("watch: {watcherEventsMax: many}", "watch:watcherEventsMax must be a whole number, not \"many\".")]
    [InlineData("watch: {watcherEventsMax: 99999999999}", "watch:watcherEventsMax must be a whole number, not \"99999999999\".")]
    [InlineData("gateway: {allowAnonymous: perhaps}", "gateway:allowAnonymous must be true or false, not \"perhaps\".")]
    [InlineData("watch: {watcherEventsMax: 0}", "watch: WatcherEventsMax must be at least 1, but is 0.")]
    [InlineData("watch:\n  watcherEventsMax:\n", "watch:watcherEventsMax has no value.")]
    [InlineData("watch: 5", "watch has options, and is none.")]
    [InlineData("fencing: {fencingTime: 00:00:11}", "fencing: FencingTime + StopTime (13 s), and 3 % more for clocks that drift, must be less than LeaseDuration + DefaultToleration (13 s), or a pod could run twice.")]
    [InlineData("node: {dockerEndpoint: 'http://['}", "node:dockerEndpoint must be a URI, not \"http://[\".")]
    public void Read_SomethingWrong_SaysWhatAndWhere(string text, string fault) =>
        Should.Throw<CommandException>(() => Read(text)).Message.ShouldContain(fault);

    [Fact]
    public void Read_SeveralThingsWrong_SaysAllInOneLine()
    {
        var message = Should.Throw<CommandException>(() => Read("watch: {watcherEventsMax: 0, bookmarkPeriod: x}\nstore: {x: 1}")).Message;

        message.ShouldContain("WatcherEventsMax");
        message.ShouldContain("watch:bookmarkPeriod");
        message.ShouldContain("store:x");
        message.ShouldNotContain('\n');
    }

    [Theory]
    [InlineData("{")]
    [InlineData("- a")]
    [InlineData("a: b: c")]
    public void Read_FileThatIsNoDocument_NamesTheFile(string text) =>
        Should.Throw<CommandException>(() => Read(text)).Message.ShouldStartWith($"cannot use the options in {_file}: ");

    [Fact]
    public void Read_NoSuchFile_NamesTheFile() =>
        Should.Throw<CommandException>(() => OperatorOptions.Read("/no/such/file")).Message.ShouldStartWith("cannot use the options in /no/such/file: ");

    [Fact]
    public void Fencing_Set_ReachesTheNodes() =>
        NodeOptions.Of(Read("fencing: {leaseDuration: 00:00:20}")).Times.LeaseDuration.ShouldBe(TimeSpan.FromSeconds(20));

    private OperatorOptions Read(string text)
    {
        File.WriteAllText(_file, text);
        return OperatorOptions.Read(_file);
    }
}
