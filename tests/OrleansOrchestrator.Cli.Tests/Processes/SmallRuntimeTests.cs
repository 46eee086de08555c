using System.Diagnostics;
using OrleansOrchestrator.Testing;

namespace OrleansOrchestrator.Cli.Tests.Processes;

public sealed class SmallRuntimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("small-runtime-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Node_Started_RunsWithTheSettingsOfASmallProcessUnderTheSameId()
    {
        var kubeConfig = Path.Combine(_folder, "kubeconfig");
        await File.WriteAllTextAsync(
            kubeConfig,
            "{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: \"http://127.0.0.1:1\"}}], contexts: [{name: a, context: {cluster: a}}]}",
            TestContext.Current.CancellationToken);
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "orchestrator"), ["node", "--kubeconfig", kubeConfig, "--name", "small", "--runtime", "hollow", "--data", Path.Combine(_folder, "data")])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_GCConserveMemory"] = "3" },
        };
        using var process = Process.Start(start)!;
        try
        {
            await Eventually.HoldsAsync(() => EnvironmentOf(process).Contains("DOTNET_gcServer=0"), "it has begun anew");
            EnvironmentOf(process).ShouldContain("DOTNET_GCConserveMemory=3", "what the user has set stays");
            (await File.ReadAllTextAsync($"/proc/{process.Id}/cmdline", TestContext.Current.CancellationToken)).ShouldContain("small");
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static string[] EnvironmentOf(Process process) => File.ReadAllText($"/proc/{process.Id}/environ").Split('\0');
}
