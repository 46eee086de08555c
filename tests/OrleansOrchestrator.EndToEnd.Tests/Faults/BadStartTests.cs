using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Faults;

/// <summary>What a command says that cannot start: one line on standard error, and an exit code that tells whose fault it is.</summary>
public sealed class BadStartTests : EndToEndTest
{
    private const int Failure = 1;
    private const int Usage = 2;

    [Theory]
    [InlineData("dev --frob", "--frob")]
    [InlineData("dev --port many", "--port")]
    [InlineData("dev --port 70000", "--port")]
    [InlineData("dev --runtime podman", "--runtime")]
    [InlineData("dev --nodes 0", "--nodes")]
    [InlineData("dev --demo --runtime hollow", "--demo")]
    [InlineData("silo", "--postgres")]
    [InlineData("node", "--kubeconfig")]
    [InlineData("migrate", "--postgres")]
    [InlineData("frob", "frob")]
    public async Task Start_BadArguments_IsAUsageErrorOnOneLine(string arguments, string culprit) =>
        ShouldSay(await OrchestratorProgram.RunAsync(arguments.Split(' ')), Usage, culprit);

    [Fact]
    public async Task Start_BadEnvironmentVariable_IsAUsageErrorThatNamesItsValue() => ShouldSay(
        await OrchestratorProgram.RunAsync(["dev", "--data", NewScratch().Folder], new Dictionary<string, string> { ["ORCHESTRATOR_PORT"] = "many" }),
        Usage,
        "\"many\"");

    [Fact]
    public async Task Dev_PortInUse_SaysWhichOne()
    {
        using var occupant = new TcpListener(IPAddress.Loopback, 0);
        occupant.Start();
        var port = ((IPEndPoint)occupant.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        ShouldSay(await OrchestratorProgram.RunAsync(["dev", "--port", port, "--runtime", "hollow", "--data", NewScratch().Folder]), Failure, port);
    }

    [Fact]
    public async Task Dev_DataFolderBelowAFile_SaysThatItCannotWrite()
    {
        // Root may write everywhere, but nobody can make a folder in a file.
        var folder = Path.Combine(NewScratch().Write("file", ""), "data");

        ShouldSay(await OrchestratorProgram.RunAsync(["dev", "--port", "0", "--runtime", "hollow", "--data", folder]), Failure, folder);
    }

    [Fact]
    public async Task Dev_DataFolderInUse_SaysSo()
    {
        var cluster = await StartDevAsync("hollow");

        ShouldSay(
            await OrchestratorProgram.RunAsync(["dev", "--port", "0", "--runtime", "hollow", "--data", cluster.DataFolder]), Failure, cluster.DataFolder);
        await cluster.Kubectl.RunAsync("get", "nodes");
    }

    [Theory]
    [InlineData("silo")]
    [InlineData("migrate")]
    public async Task Start_WithoutDatabase_SaysThatItIsAway(string command)
    {
        var scratch = NewScratch();
        string[] data = command == "silo" ? ["--data", scratch.Folder, "--port", "0", "--silo-port", "0"] : [];

        ShouldSay(
            await OrchestratorProgram.RunAsync([command, "--postgres", "Host=127.0.0.1;Port=1;Username=nobody;Database=none;Timeout=5", .. data]),
            Failure,
            "127.0.0.1:1");
    }

    [Fact]
    public async Task Node_WithoutKubeConfig_SaysThatTheFileIsMissing()
    {
        var file = NewScratch().At("missing");

        ShouldSay(await OrchestratorProgram.RunAsync(["node", "--kubeconfig", file, "--runtime", "hollow", "--data", NewScratch().Folder]), Failure, file);
    }

    [Fact]
    public async Task KubeConfig_OfAFreshFolder_SaysHowToGetOne() =>
        ShouldSay(await OrchestratorProgram.RunAsync(["kubeconfig", "--data", NewScratch().Folder]), Failure, "orchestrator dev");

    private static void ShouldSay(CommandResult result, int exitCode, string culprit)
    {
        result.ExitCode.ShouldBe(exitCode, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem(result.ToString()).ShouldContain(culprit);
    }
}
