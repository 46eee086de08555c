using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.CommandLine;

/// <summary>What the executable says of itself.</summary>
public sealed class CommandLineTests : EndToEndTest
{
    [Fact]
    public async Task Version_OfTheProgram_IsOneLine() =>
        (await RunAsync("version")).Lines.ShouldHaveSingleItem().ShouldMatch(@"^orchestrator \d+\.\d+\.\d+ \(");

    [Theory]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("")]
    public async Task Help_OfTheProgram_NamesEveryCommand(string arguments)
    {
        var help = (await RunAsync(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))).Text;
        foreach (var command in new[] { "dev", "silo", "node", "token", "migrate", "kubeconfig", "version", "completion", "help" })
            help.ShouldContain($"  {command}");
    }

    [Theory]
    [InlineData("dev", "--data --port --runtime --nodes --demo --log-level")]
    [InlineData("silo", "--postgres --postgres-password-file --data --port --silo-port --advertise --cluster --log-level")]
    [InlineData("node", "--kubeconfig --bootstrap-kubeconfig --server --token --ca-hash --name --runtime --data --log-level")]
    [InlineData("migrate", "--postgres --postgres-password-file")]
    [InlineData("kubeconfig", "--data")]
    public async Task Help_OfACommand_ExplainsEveryFlag(string command, string flags)
    {
        var help = await RunAsync("help", command);

        help.Text.ShouldBe((await RunAsync(command, "--help")).Text);
        foreach (var flag in flags.Split(' '))
            help.Lines.ShouldContain(line => line.TrimStart().StartsWith(flag + " ", StringComparison.Ordinal) && line.Contains("[env: ORCHESTRATOR_", StringComparison.Ordinal), flag);
    }

    [Fact]
    public async Task Help_OfSilo_DoesNotTellThePassword() =>
        (await OrchestratorProgram.RunAsync(["silo", "--help"], new Dictionary<string, string> { ["ORCHESTRATOR_POSTGRES"] = "Host=db;Password=geheim" }))
            .Text.ShouldNotContain("geheim");

    [Fact]
    public async Task Help_OfNode_DoesNotTellTheToken() =>
        (await OrchestratorProgram.RunAsync(["node", "--help"], new Dictionary<string, string> { ["ORCHESTRATOR_TOKEN"] = "abcdef.0123456789abcdef" }))
            .Text.ShouldNotContain("0123456789abcdef");

    [Theory]
    [InlineData("dev --runtime pr", "process")]
    [InlineData("de", "dev")]
    [InlineData("dev --no", "--nodes")]
    [InlineData("completion z", "zsh")]
    [InlineData("help no", "node")]
    public async Task Completion_InBash_CompletesTheWord(string typed, string expected)
    {
        var words = typed.Split(' ');
        var script = $"""
            source <('{OrchestratorProgram.Path}' completion bash)
            COMP_LINE='orchestrator {typed}'; COMP_POINT={("orchestrator " + typed).Length}; COMP_CWORD={words.Length}
            COMP_WORDS=('{OrchestratorProgram.Path}' {string.Join(' ', words)})
            _orchestrator
            echo "$COMPREPLY"
            """;
        await using var bash = RunningCommand.Start("bash", ["-c", script]);

        var result = await bash.WaitAsync(TimeSpan.FromSeconds(30));

        result.Output.Trim().ShouldBe(expected, result.ToString());
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_InOtherShells_AsksTheProgram(string shell) =>
        (await RunAsync("completion", shell)).Text.ShouldContain("[suggest:");

    private static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        var result = await OrchestratorProgram.RunAsync(arguments);
        result.ExitCode.ShouldBe(0, result.ToString());
        result.Errors.ShouldBeEmpty();
        return result;
    }
}
