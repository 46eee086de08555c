using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using OrleansOrchestrator.EndToEnd.Tests.Clusters;

namespace OrleansOrchestrator.EndToEnd.Tests.Faults;

/// <summary>What a command says that cannot start: one line on standard error, and an exit code that tells whose fault it is.</summary>
public sealed class BadStartTests(StoppedDev stopped) : EndToEndTest, IClassFixture<StoppedDev>
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
    [InlineData("node --server http://a:1", "--server")]
    [InlineData("node --server https://a:1 --token abc", "--token")]
    [InlineData("node --server https://a:1 --ca-hash md5:1", "--ca-hash")]
    [InlineData("token create abc", "abcdef.0123456789abcdef")]
    [InlineData("token create --ttl soon", "--ttl")]
    [InlineData("migrate", "--postgres")]
    [InlineData("frob", "frob")]
    [InlineData("dve", "did you mean \"dev\"?")]
    [InlineData("dev --prot 0", "did you mean \"--port\"?")]
    [InlineData("dev --log-level foo", "--log-level")]
    [InlineData("help frob", "frob")]
    [InlineData("completion tcsh", "tcsh")]
    public async Task Start_BadArguments_IsAUsageErrorOnOneLine(string arguments, string culprit) =>
        ShouldSay(await OrchestratorProgram.RunAsync(arguments.Split(' ')), Usage, culprit);

    [Fact]
    public async Task Start_BadLevelInTheEnvironment_IsAUsageErrorOnOneLine() => ShouldSay(
        await OrchestratorProgram.RunAsync(["dev", "--data", NewScratch().Folder], new Dictionary<string, string> { ["ORCHESTRATOR_LOG_LEVEL"] = "foo" }),
        Usage,
        "\"foo\"");

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
    public async Task Dev_DatabaseThatIsNone_SaysSo()
    {
        var scratch = NewScratch();
        var file = scratch.Write("state.db", "this is no database, and has never been one");

        ShouldSay(await RunDevAsync(scratch.Folder), Failure, file);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(20)]
    [InlineData(60)]
    public async Task Dev_DatabaseDamagedSomewhere_SaysSoAndEnds(int firstDamagedPage)
    {
        var folder = NewScratch().At("data");
        await stopped.CopyToAsync(folder);
        var file = Path.Combine(folder, "state.db");
        await using (var database = File.OpenWrite(file))
        {
            database.Position = firstDamagedPage * 4096;
            await database.WriteAsync(Enumerable.Repeat((byte)0x5A, (int)(database.Length - database.Position)).ToArray(), Cancelled);
        }

        var result = await RunDevAsync(folder);

        // The damage may be met only when the silo runs, whose log says a line of its own.
        result.ExitCode.ShouldBe(Failure, result.ToString());
        var lines = result.Errors.Trim().Split('\n');
        lines[^1].ShouldBe($"orchestrator: the database file {file} is damaged or is not a database");
        lines[..^1].ShouldAllBe(line => line.Contains("ObservedObjectLog: The database is"));
    }

    [Fact]
    public async Task Dev_DatabaseOfANewerVersion_SaysSo()
    {
        var folder = NewScratch().At("data");
        await stopped.CopyToAsync(folder);
        await using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "state.db")};Pooling=False"))
        {
            await connection.OpenAsync(Cancelled);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO schema_migrations (ScriptName, Applied) VALUES ('sqlite/9999_later.sql', '2099-01-01')";
            await command.ExecuteNonQueryAsync(Cancelled);
        }

        ShouldSay(await RunDevAsync(folder), Failure, "newer version");
    }

    [Fact]
    public async Task Dev_KubeConfigThatCannotBeWritten_SaysSo()
    {
        var scratch = NewScratch();
        Directory.CreateDirectory(scratch.At("kubeconfig"));

        ShouldSay(await RunDevAsync(scratch.Folder), Failure, "kubeconfig");
    }

    [Theory]
    [InlineData("dev --port 0")]
    [InlineData("node")]
    public async Task Start_OnDockerWithoutAnEngine_SaysWhereNoneAnswers(string command)
    {
        var scratch = NewScratch();
        var kubeConfig = scratch.Write("config", """{"clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:1"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}],"current-context":"c"}""");
        string[] more = command == "node" ? ["--kubeconfig", kubeConfig] : [];

        ShouldSay(
            await OrchestratorProgram.RunAsync(
                [.. command.Split(' '), "--runtime", "docker", "--data", scratch.At("data"), .. more],
                new Dictionary<string, string> { ["DOCKER_HOST"] = "unix:///nowhere/docker.sock" }),
            Failure,
            "no Docker engine answers at unix:///nowhere/docker.sock");
    }

    [Theory]
    [InlineData("clusters: [", "cannot use the kubeconfig")]
    [InlineData("apiVersion: v1", "cannot use the kubeconfig")]
    [InlineData("\u0001", "cannot use the kubeconfig")]
    public async Task Node_KubeConfigThatIsNone_SaysSo(string text, string sentence)
    {
        var file = NewScratch().Write("config", text);

        ShouldSay(await OrchestratorProgram.RunAsync(["node", "--kubeconfig", file, "--runtime", "hollow", "--data", NewScratch().Folder]), Failure, sentence);
    }

    [Theory]
    [InlineData("postgres://app:geheim@db/x")]
    [InlineData("Host=127.0.0.1;Port=1;Timeout=5;Passwort=geheim")]
    [InlineData("Database=x;Password=geheim")]
    public async Task Migrate_ConnectionThatIsNone_SaysSoWithoutThePassword(string connection)
    {
        var result = await OrchestratorProgram.RunAsync(["migrate"], new Dictionary<string, string> { ["ORCHESTRATOR_POSTGRES"] = connection });

        ShouldSay(result, Failure, "connection string");
        result.Errors.ShouldNotContain("geheim");
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public async Task Migrate_PasswordFileWithoutAPassword_SaysSo(string? content)
    {
        var scratch = NewScratch();
        var file = content is null ? scratch.At("missing") : scratch.Write("password", content);

        ShouldSay(await OrchestratorProgram.RunAsync(["migrate", "--postgres", "Host=127.0.0.1", "--postgres-password-file", file]), Failure, file);
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

    private static Task<CommandResult> RunDevAsync(string folder) =>
        OrchestratorProgram.RunAsync(["dev", "--port", "0", "--runtime", "hollow", "--data", folder]);

    private static void ShouldSay(CommandResult result, int exitCode, string culprit)
    {
        result.ExitCode.ShouldBe(exitCode, result.ToString());
        result.Output.ShouldBeEmpty();
        result.Errors.Trim().Split('\n').ShouldHaveSingleItem(result.ToString()).ShouldContain(culprit);
    }
}
