using OrleansOrchestrator.EndToEnd.Tests.Clusters;
using OrleansOrchestrator.EndToEnd.Tests.Workloads;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.EndToEnd.Tests.CommandLine;

/// <summary>What <c>docs/kubectl.md</c> says of every command of kubectl, held against kubectl and a running cluster.</summary>
public sealed class CommandTests(HollowCluster hollow) : EndToEndTest, IClassFixture<HollowCluster>
{
    // What bash says of a script that is wrong in itself: its syntax, a program that is not executable or not there.
    private static readonly int[] ScriptFaults = [2, 126, 127];

    // Nothing runs in hollow pods, so these are tested where something does.
    private static readonly (string Name, string Test)[] TestedElsewhere =
    [
        ("top node", nameof(AutoscalingTests.Deployment_UnderLoadOrByAMetricOfAnotherServer_IsScaledUpAndBack)),
        ("top pod", nameof(AutoscalingTests.Deployment_UnderLoadOrByAMetricOfAnotherServer_IsScaledUpAndBack)),
        ("logs", nameof(ReplicatedServiceTests.Logs_OfAPod_AreWhatItWrote)),
        ("exec", nameof(SessionTests.Kubectl_WithASessionInAContainer_WorksAsUsersKnowIt)),
        ("attach", nameof(SessionTests.Kubectl_WithASessionInAContainer_WorksAsUsersKnowIt)),
        ("port-forward", nameof(SessionTests.Kubectl_ForwardsPorts_OfAPodAndByName)),
        ("cp", nameof(SessionTests.Kubectl_CopiesAFile_ToAContainerAndBack)),
    ];

    public static TheoryData<string> Commands => [.. CommandCase.All.Select(item => item.Name)];

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task Kubectl_ACommand_DoesWhatTheDocumentSays(string name)
    {
        var works = CommandTable.Rows.Single(row => row.Key == name).Value;
        await OwnNamespaceAsync(hollow.Cluster.Api);

        var result = await RunAsync(CommandCase.All.Single(item => item.Name == name));

        if (works)
        {
            result.ExitCode.ShouldBe(0, result.Text);
        }
        else
        {
            result.ExitCode.ShouldNotBe(0, $"{name} works, and the document does not say so");
            ScriptFaults.ShouldNotContain(result.ExitCode, result.Text);
            result.Errors.ShouldNotBeEmpty();
        }
    }

    [Fact]
    public void Document_ItsRows_AreTheCases() =>
        CommandTable.Rows.Select(row => row.Key).Order(StringComparer.Ordinal)
            .ShouldBe(CommandCase.All.Select(item => item.Name).Concat(TestedElsewhere.Select(item => item.Name)).Order(StringComparer.Ordinal));

    [Fact]
    public async Task Document_CommandsOfKubectl_HaveARowEach()
    {
        var help = (await hollow.Cluster.Kubectl.RunAsync("--help")).Lines;

        // A command is a word and what it does, with some space between; a heading ends with a colon.
        var commands = help.TakeWhile(line => line != "Usage:").Skip(1)
            .Select(line => line.Split("  ", 2)).Where(parts => parts.Length == 2).Select(parts => parts[0]).ToList();
        commands.Count.ShouldBeGreaterThan(40);
        var rows = CommandTable.Rows.Select(row => row.Key.Split(' ')[0]).ToHashSet();
        commands.Where(command => !rows.Contains(command)).ShouldBeEmpty();
    }

    private async Task<CommandResult> RunAsync(CommandCase command)
    {
        var scratch = NewScratch();
        var environment = new Dictionary<string, string>(KubectlProgram.Environment)
        {
            ["KUBECONFIG"] = hollow.Cluster.Member.KubeConfig,
            ["KUBECTL_CACHE"] = hollow.Cluster.Kubectl.CacheFolder,
            ["HOME"] = scratch.Folder,
            ["SPACE"] = UniqueName,
            ["PATH"] = $"{Path.GetDirectoryName(KubectlProgram.Path)}:{Environment.GetEnvironmentVariable("PATH")}",
        };
        await using var bash = RunningCommand.Start("bash", ["-c", $"cd '{scratch.Folder}'\n{command.Complete()}"], "", environment);
        return await bash.WaitAsync(Eventually.Patience + Eventually.Patience);
    }
}
